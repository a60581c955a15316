/// Why the system took nothing of a write, so that the file is as it was.
///
/// A full disk has a result code of its own, `SQLITE_FULL`; these do not.
public enum WriteRefusal: Sendable, Hashable {
    /// `EROFS`: the file system is mounted for reading only, perhaps since an error of the disk.
    case readOnly
    /// `EDQUOT`: the owner may have no more of the disk.
    case quota
}
