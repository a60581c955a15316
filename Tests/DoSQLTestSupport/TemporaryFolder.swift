import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder of its own in the system's place for temporary files; it goes with this value.
public final class TemporaryFolder: Sendable {
    /// Where it is.
    public let path: String

    /// Makes the folder. The path is short, so that a unix-domain socket fits into it.
    public init() throws {
        var template = Array("/tmp/dosql-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let start = buffer.baseAddress, let made = unsafe mkdtemp(start) else { return nil }
            return unsafe String(cString: made)
        }
        guard let made else { throw TestSupportError("cannot make a folder in /tmp: errno \(errno)") }
        path = made
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of something in the folder.
    public func path(of name: String) -> String { path + "/" + name }

    /// Copies a file into the folder, over one of that name.
    public func copy(_ file: String, to name: String) throws {
        guard let data = FileManager.default.contents(atPath: file),
            FileManager.default.createFile(
                atPath: path(of: name), contents: data, attributes: [.posixPermissions: 0o600])
        else { throw TestSupportError("cannot copy \(file)") }
    }

    /// Writes a file into the folder.
    public func write(_ text: String, to name: String) throws {
        let path = path(of: name)
        if let slash = path.lastIndex(of: "/") {
            try FileManager.default.createDirectory(atPath: String(path[..<slash]), withIntermediateDirectories: true)
        }
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw TestSupportError("cannot write \(path)")
        }
    }
}

/// Why a test cannot go on: the machine, not the server, is at fault, or the server did not answer in time.
public struct TestSupportError: Error, CustomStringConvertible {
    /// What happened.
    public let description: String

    /// An error that says `description`.
    public init(_ description: String) { self.description = description }
}
