import Experiments

extension Console {
    /// Does the work of a command under its record: what ends it before its time is kept there, and a user who stopped
    /// it is told what was kept.
    func record<Report>(
        in recorder: RunRecorder?, ifStopped advice: @autoclosure () -> String, _ work: () throws -> Report
    ) throws -> Report {
        do {
            let report = try work()
            end()
            return report
        } catch {
            recorder?.fail(error)
            guard error is CancellationError else { throw error }
            end()
            note("stopped; \(advice())")
            throw error
        }
    }
}
