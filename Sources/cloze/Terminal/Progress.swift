/// How far a stage has come, and how long the rest will take.
struct Progress: Sendable {
    let name: String
    let total: Int?
    /// Seconds, as the system counts them.
    let start: Double
    /// What is shown beside the count, such as a loss.
    var figure: String?
    private(set) var done = 0
    /// Where counting began: a run that goes on from a checkpoint has not done what lies before.
    private var first: (done: Int, time: Double)?

    init(name: String, total: Int?, start: Double) {
        self.name = name
        self.total = total
        self.start = start
    }

    /// Takes a new count.
    mutating func advance(to done: Int, at time: Double) {
        if first == nil { first = (done, time) }
        self.done = done
    }

    /// Seconds until the end at the pace so far; nil before there is one.
    private func remaining(at time: Double) -> Double? {
        guard let total, let first, done > first.done, done < total else { return nil }
        return (time - first.time) / Double(done - first.done) * Double(total - done)
    }

    /// The line that is drawn anew on a terminal.
    func bar(columns: Int, at time: Double) -> String {
        let head = "\(name) "
        let tail =
            ([total.map { "\(done)/\($0)" } ?? (done > 0 ? "\(done)" : nil), figure]
            + [remaining(at: time).map { Figures.clock($0) + " left" }]).compactMap(\.self).joined(
                separator: " · ")
        guard let total, total > 0 else { return head + tail }
        let room = min(30, columns - head.count - tail.count - 2)
        guard room >= 8 else { return head + tail }
        let filled = min(room, room * done / total)
        return head + String(repeating: "━", count: filled) + String(repeating: "─", count: room - filled)
            + " " + tail
    }

    /// The same as a line of a log.
    func line(at time: Double) -> String {
        let count = total.map { "\(done) of \($0)" } ?? "\(done)"
        let rest = remaining(at: time).map { Figures.clock($0) + " left" }
        return "\(name): " + [count, figure, rest].compactMap(\.self).joined(separator: ", ")
    }

    /// What stays when the stage has ended.
    func summary(at time: Double) -> String {
        let count = total.map { done == 0 || done == $0 ? "\($0)" : "\(done) of \($0)" }
        return "\(name): "
            + [count, figure, Figures.seconds(time - start)].compactMap(\.self).joined(separator: ", ")
    }
}
