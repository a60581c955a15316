import Glibc

/// The disk below all files.
enum SystemDisk {
    /// Waits until everything that was written lies on it (sync(2)).
    static func sync() { Glibc.sync() }
}
