/// A thread with a loop, and the state that was born on it and never leaves it.
///
/// `State` need not be `Sendable`: it is made by `setup` on the loop's thread, is handed to every job that runs there,
/// and is released there when the loop has stopped.
public final class LoopThread<State>: Sendable {
    /// What can be run on the loop from outside.
    public typealias Job = @Sendable (EventLoop, State) -> Void

    private let thread: WorkerThread
    private let jobs: Mailbox<Job>

    /// Starts a thread, makes a loop on it and the state with `setup`, and returns when that is done and turns run.
    ///
    /// Throws what `setup` throws, or a `LoopError` if the system has no thread or descriptor left.
    public init(
        name: String, receiveBufferSize: Int = EventLoop.receiveBufferSizeDefault,
        setup: @escaping @Sendable (EventLoop) throws -> State
    ) throws {
        let ready = WorkQueue<Result<Mailbox<Job>, any Error>>()
        thread = try WorkerThread(name: name) {
            let loop: EventLoop
            do throws(LoopError) {
                loop = try EventLoop(receiveBufferSize: receiveBufferSize)
            } catch {
                ready.post(.failure(error))
                return
            }
            do {
                try Self.serve(loop, setup: setup, ready: ready)
                loop.close()
            } catch {
                // A setup that fails half-way need not clean up: the process is about to end.
                _ = loop.closeReportingOpenHandles()
                ready.post(.failure(error))
            }
        }
        guard let result = ready.take() else {
            preconditionFailure("A loop thread says how its start went exactly once")
        }
        jobs = try result.get()
    }

    private static func serve(
        _ loop: EventLoop, setup: (EventLoop) throws -> State, ready: WorkQueue<Result<Mailbox<Job>, any Error>>
    ) throws {
        let state = try setup(loop)
        let jobs = try Mailbox<Job>(on: loop) { jobs in
            for job in jobs { job(loop, state) }
        }
        ready.post(.success(jobs))
        loop.run()
        jobs.close()
    }

    /// Runs a job on the loop; jobs run in the order in which they were submitted. `false` once the loop has stopped.
    @discardableResult
    public func submit(_ job: @escaping Job) -> Bool {
        jobs.post(job)
    }

    /// Stops the loop after the jobs submitted before. What `setup` and others opened on the loop must be closed by
    /// then, by a job or by the release of the state.
    public func stop() {
        submit { loop, _ in loop.stop() }
    }

    /// Waits until the loop has stopped and its state is released.
    public func join() {
        thread.join()
    }
}
