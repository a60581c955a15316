import DequeModule

/// Work that waits for one of several workers, by whose it is. The owners take turns, and one that has a worker already
/// gets another only if nobody waits who has none.
///
/// Invariant: an owner with waiting items stands in exactly one of the two lines, as its `place` says; entries of an owner
/// who has moved on are passed over.
struct TurnQueue<Owner: Hashable, Item> {
    private enum Place { case none, first, second }

    private struct Account {
        var items: Deque<Item> = []
        var working = 0
        var place = Place.none
    }

    private var accounts: [Owner: Account] = [:]
    /// Who waits and has no worker.
    private var first: Deque<Owner> = []
    /// Who waits and has one.
    private var second: Deque<Owner> = []
    /// Items that wait.
    private(set) var waiting = 0
    /// Items that are being worked on.
    private(set) var working = 0

    /// Owners who wait and have no worker.
    var ownersWithoutWorker: Int { first.count { accounts[$0]?.place == .first } }

    /// Adds an item at the end of its owner's.
    mutating func add(_ item: Item, of owner: Owner) {
        waiting += 1
        accounts[owner, default: Account()].items.append(item)
        stand(owner)
    }

    /// The next item; whoever takes it says ``finish(_:)`` when it is done.
    mutating func next() -> (owner: Owner, item: Item)? {
        guard let owner = popFirst() ?? popSecond(),
            let item = accounts[owner]?.items.popFirst()
        else { return nil }
        accounts[owner]?.working += 1
        accounts[owner]?.place = .none
        waiting -= 1
        working += 1
        stand(owner)
        return (owner, item)
    }

    /// An owner's item is done.
    mutating func finish(_ owner: Owner) {
        guard let account = accounts[owner], account.working > 0 else { return }
        working -= 1
        accounts[owner]?.working -= 1
        if account.working == 1 && account.items.isEmpty {
            accounts[owner] = nil
        } else {
            stand(owner)
        }
    }

    /// Puts an owner into the line where it belongs now.
    private mutating func stand(_ owner: Owner) {
        guard let account = accounts[owner], !account.items.isEmpty else { return }
        let place: Place = account.working == 0 ? .first : .second
        guard account.place != place else { return }
        accounts[owner]?.place = place
        if place == .first { first.append(owner) } else { second.append(owner) }
    }

    private mutating func popFirst() -> Owner? {
        while let owner = first.popFirst() {
            if accounts[owner]?.place == .first { return owner }
        }
        return nil
    }

    private mutating func popSecond() -> Owner? {
        while let owner = second.popFirst() {
            if accounts[owner]?.place == .second { return owner }
        }
        return nil
    }
}
