import DoSQLEngine

extension Connection {
    /// What is prepared and runs from now on is a job's: within its bounds, and with its rights.
    func serve(_ job: Job) {
        budget = job.budget
        permission = job.permission
        if job.isTimed {
            job.noteBegin()
            errand = job
        }
    }

    /// What comes is nobody's. Where there are tokens, nobody may do anything.
    func serveNobody() {
        budget = .unlimited
        errand = nil
        if permission != nil { permission = NobodysPermission.shared }
    }
}
