import DoSQLSession
import Synchronization

/// The names of all tenants there are, sorted by their bytes, so that a page of them costs what it holds and not what
/// all of them do.
///
/// The folder is read once, by whoever asks first; from then on each tenant that is made, found, renamed or deleted is
/// entered here, which is all there can be: a data folder belongs to one process. Invariant: `names` is sorted, each is
/// there once.
final class TenantCatalog: Sendable {
    /// Nil until the folder has been read.
    private let names = Mutex<[TenantName]?>(nil)

    /// Names behind `after` that begin with `prefix`, at most `limit`, and whether there are more.
    /// - Parameters:
    ///   - isShown: which names the caller may hear of.
    ///   - read: gives all names in any order, the first time. Reads the disk: not for an event loop.
    func page(
        after: String, prefix: String, limit: Int, where isShown: (TenantName) -> Bool = { _ in true },
        read: () throws(Failure) -> [TenantName]
    ) throws(Failure) -> (names: [TenantName], hasMore: Bool) {
        try names.withLock { (names) throws(Failure) in
            let all: [TenantName]
            if let names {
                all = names
            } else {
                all = try read().sorted(by: Self.precedes)
                names = all
            }
            // What begins with the prefix stands together.
            var index = Self.position(of: prefix, in: all, orEqual: false)
            if !after.isEmpty { index = max(index, Self.position(of: after, in: all, orEqual: true)) }
            var page: [TenantName] = []
            while index < all.count, all[index].description.utf8.starts(with: prefix.utf8) {
                defer { index += 1 }
                guard isShown(all[index]) else { continue }
                if page.count == limit { return (page, true) }
                page.append(all[index])
            }
            return (page, false)
        }
    }

    /// A tenant is there.
    func add(_ name: TenantName) {
        names.withLock { names in
            guard let all = names else { return }
            let index = Self.position(of: name.description, in: all, orEqual: false)
            if index < all.count, all[index] == name { return }
            names?.insert(name, at: index)
        }
    }

    /// A tenant is not there any more.
    func remove(_ name: TenantName) {
        names.withLock { names in
            guard let all = names else { return }
            let index = Self.position(of: name.description, in: all, orEqual: false)
            if index < all.count, all[index] == name { names?.remove(at: index) }
        }
    }

    private static func precedes(_ one: TenantName, _ other: TenantName) -> Bool {
        one.description.utf8.lexicographicallyPrecedes(other.description.utf8)
    }

    /// Where the first name stands that is not smaller than `text` (with `orEqual`: that is greater).
    private static func position(of text: String, in names: [TenantName], orEqual: Bool) -> Int {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            let name = names[middle].description.utf8
            let isBefore =
                orEqual ? !text.utf8.lexicographicallyPrecedes(name) : name.lexicographicallyPrecedes(text.utf8)
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
