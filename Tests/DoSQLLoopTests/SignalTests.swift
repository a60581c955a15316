import DoSQLLoop
import Glibc
import Testing

struct SignalTests {
    @Test(arguments: Signal.allCases)
    func `a watched signal reaches the loop and does not end the process`(signal: Signal) async {
        await #expect(processExitsWith: .success) { [number = signal.rawValue as Int32] in
            guard let signal = Signal(rawValue: number) else { return }
            let thread = try LoopThread(name: "loop") { loop in
                try SignalWatcher(signal, on: loop) { exit(0) }
            }
            kill(getpid(), signal.rawValue)
            thread.join()
        }
    }

    @Test func `a signal is fatal again when nobody watches`() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            let loop = try EventLoop()
            do { _ = try SignalWatcher(.terminate, on: loop) {} }
            kill(getpid(), SIGTERM)
            loop.run()
        }
    }

    @Test func `the descriptor limit is raised to the hard limit`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let hard = UInt64(limit.rlim_max)
            limit.rlim_cur = 64
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            precondition(DescriptorLimit.raise() == hard)
        }
    }
}
