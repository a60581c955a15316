import Glibc
import Synchronization

/// A terminal that a program draws on: keys arrive as they are pressed and are not shown, and nothing that is pressed is
/// a signal (termios(3)). For command lines, never for a loop's thread.
///
/// Until ``restore()``, which its end does as well, whoever shares the terminal finds it so.
public final class Terminal: Sendable {
    /// Characters that fit.
    public struct Size: Hashable, Sendable {
        /// In a row.
        public var columns: Int
        /// On the page.
        public var rows: Int

        /// A size of these fields.
        public init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    /// What terminals have that do not tell.
    public static let usualSize = Size(columns: 80, rows: 24)

    /// How it was.
    private let former: Mutex<termios?>

    /// Takes over the terminal of standard input and output; nil if one of them is none.
    public init?() {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        former = Mutex(settings)
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        settings.c_iflag &= ~tcflag_t(IXON | ICRNL)
        unsafe withUnsafeMutableBytes(of: &settings.c_cc) { characters in
            unsafe characters[Int(VMIN)] = 1
            unsafe characters[Int(VTIME)] = 0
        }
        guard unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) == 0 else { return nil }
    }

    deinit { restore() }

    /// Leaves it as it was found. To say so twice is as good as once.
    public func restore() {
        former.withLock { former in
            guard var settings = former.take() else { return }
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        }
    }

    /// How large it is now.
    public var size: Size {
        var window = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return Self.usualSize
        }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// Waits for keys: what they send, nothing if none was pressed in time, nil if the terminal is gone.
    public func keys(within milliseconds: Int32) -> [UInt8]? {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&waiting, 1, milliseconds)
        if ready <= 0 { return ready == 0 || errno == EINTR ? [] : nil }
        guard let bytes = try? BlockingFile.standardInput.read(upTo: 64), !bytes.isEmpty else { return nil }
        return bytes
    }
}
