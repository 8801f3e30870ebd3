import Datasets
import Experiments
import Prompts
import Synchronization
import Training

/// Tells on standard error what a teaching run does.
final class TrainNarrator: Sendable {
    private let console: Console
    private let interrupt: Interrupt
    private let devScore = Mutex<Double?>(nil)
    private let state = Mutex(Heard())

    /// What was told so far, for reports.
    struct Heard: Sendable {
        var words: EncodedVerbalizer?
        var data: DataReport?
    }

    /// What was told so far.
    var heard: Heard { state.withLock { $0 } }

    init(_ console: Console, _ interrupt: Interrupt) {
        self.console = console
        self.interrupt = interrupt
    }

    func tell(_ event: TeachingEvent) {
        switch event {
        case .words(let words):
            state.withLock { $0.words = words }
            console.note("The label words, as this model reads them:\n" + words.describe().indented)
        case .data(let report):
            state.withLock { $0.data = report }
            console.note("The data:\n" + report.summaries.map(\.description).joined(separator: "\n").indented)
            for finding in report.findings { tell(finding) }
        case .stage(let name, let total):
            interrupt.allowsStopping(name == "learning")
            console.begin(name, total: total)
        case .progress(let done): console.advance(to: done)
        case .method(let event): tell(event)
        case .answers, .saving: break
        case .warning(let text): console.warning(text)
        }
    }

    private func tell(_ finding: Finding) {
        let line = finding.description
        guard finding.severity != .note else { return console.note(line) }
        // The line begins with its severity, which the console says too.
        console.warning(String(line.dropFirst("\(finding.severity.rawValue): ".count)))
    }

    private func tell(_ event: MethodEvent) {
        switch event {
        case .trainable(let count): console.note("\(Figures.count(count)) numbers are trained")
        case .rate(let rate, let reason): console.note("learning rate \(rate), \(reason)")
        case .wentOn(let step, _, _): console.note("going on from step \(step), which a checkpoint has kept")
        case .step(let report, _):
            let score = devScore.withLock { $0 }.map { ", dev \(Figures.decimal($0, 3))" } ?? ""
            console.advance(
                to: report.step, figure: "loss \(Figures.decimal(Double(report.loss), 3))\(score)")
            console.detail(
                "step \(report.step): loss \(report.loss), gradient norm \(report.gradientNorm), "
                    + "rate \(report.rate), \(Figures.seconds(report.seconds))")
        case .evaluation(let report):
            devScore.withLock { $0 = report.score }
            console.detail(
                "step \(report.step): dev \(report.score)\(report.isBest ? ", the best so far" : "")")
        case .chosen(let step, let score):
            console.detail(
                "kept: step \(step)" + (score.map { ", dev \(Figures.decimal($0, 3))" } ?? ", the last"))
        case .warning(let text): console.warning(text)
        }
    }
}

extension String {
    /// Each line moved in by two spaces.
    fileprivate var indented: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
    }
}
