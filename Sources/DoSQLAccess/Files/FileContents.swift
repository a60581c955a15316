import FoundationEssentials

/// A small file, read whole, with the rights it has on disk.
struct FileContents {
    let path: String
    let bytes: [UInt8]
    /// The permission bits.
    let mode: Int

    /// Who else may do what with the file.
    enum Exposure {
        /// Nobody but the owner and the group may read or write: what holds secrets, or their hashes.
        case hidden
        /// Anybody may read, and only the owner and the group may write: public keys.
        case published
    }

    /// Reads a regular file, through symbolic links (mounted secrets are such).
    init(path: String, _ exposure: Exposure) throws(TokenFileError) {
        self.path = path
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: target)
        } catch {
            throw TokenFileError(path: path, .unreadable("there is no such file, or it may not be looked at"))
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw TokenFileError(path: path, .notAFile)
        }
        // An integer of some size to FoundationEssentials; an NSNumber, which becomes an Int, where the program also has
        // Foundation.
        let permissions = attributes[.posixPermissions]
        guard let mode = permissions as? Int ?? (permissions as? any BinaryInteger).map({ Int($0) }) else {
            throw TokenFileError(path: path, .unreadable("its mode cannot be read"))
        }
        self.mode = mode
        guard let data = FileManager.default.contents(atPath: target) else {
            throw TokenFileError(path: path, .unreadable("it cannot be read"))
        }
        guard data.count <= AccessLimits.fileBytesMax else { throw TokenFileError(path: path, .tooLong) }
        bytes = Array(data)
        try require(exposure)
    }

    /// Refuses a file that more people have access to than it may have.
    func require(_ exposure: Exposure) throws(TokenFileError) {
        let forbidden =
            switch exposure {
            case .hidden: 0o007
            case .published: 0o002
            }
        guard mode & forbidden == 0 else { throw TokenFileError(path: path, .openToOthers(mode: mode)) }
    }
}
