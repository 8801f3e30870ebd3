import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// `cloze train` where rows are answered with their own: tags, spans, texts.
struct TrainReadout {
    let command: Train
    let readout: Readout

    func run() throws {
        let console = command.general.begin()
        var plan = try plan()
        try PromptFolder(plan.output).checkWritable(replacing: plan.isReplacing)
        let store = try command.runs.open(console)
        let pretrained = try command.model.load(console)
        plan.task.template = try command.chat.asked(plan.task.template, pretrained)
        let interrupt = Interrupt(console)
        let narrator = TrainNarrator(console, interrupt)
        let recorder = try command.runs.begin(
            "train", plan.task.name, settings: plan.settings, in: store, pretrained,
            data: [plan.task.pool, plan.task.test].compactMap(\.self),
            goingOnFrom: (plan.output, plan.checkpointPlace, command.resume))
        let teaching = ReadoutTeaching(plan, pretrained, stop: interrupt.stop) { event in
            narrator.tell(event)
            recorder?.add(event)
        }
        interrupt.listen()
        let report = try command.keep(in: recorder, console, checkpoint: plan.checkpointPlace) {
            try teaching.run()
        }
        let value = report.rows.last?.metrics.first
        recorder?.finish(console, metric: value?.metric, value: value?.value, report: report)
        try show(report)
    }

    private func plan() throws -> ReadoutPlan {
        try refuseForeignOptions()
        let method = try command.method.choice(seed: command.draw.seed)
        var plan = ReadoutPlan(
            task: try command.task.source(readout, target: command.readouts.target), method: method,
            output: URL(fileURLWithPath: command.output))
        try command.method.check(plan.task.template)
        try command.draw.refuseLabelCounts(readout.rawValue)
        plan.trainRows = command.readouts.trainRows
        plan.devRows = command.readouts.devRows
        plan.testRows = command.draw.testRows
        plan.seed = command.draw.seed
        plan.limit = command.task.question.givenLimit ?? (readout == .span ? 384 : 512)
        plan.spans = command.readouts.spans
        var texts = command.writing.settings(over: TextSettings())
        texts.target = command.readouts.target
        plan.texts = texts
        plan.isReplacing = command.force
        plan.startingFrom = command.method.startFrom.map { URL(fileURLWithPath: $0) }
        return plan
    }

    /// Options that this readout does not have would be ignored without a word.
    private func refuseForeignOptions() throws {
        let isText = readout == .text
        let foreign = [
            ("--dry-run", command.dryRun), ("--with-task", !command.withTask.isEmpty),
            ("--demonstration-sets", command.sets.demonstrationSets != nil),
            ("--init labels", command.method.start == .labels), ("--chat", command.chat.isAsked && !isText),
            ("--placement", command.method.placement != nil && !isText),
        ]
        if let (name, _) = foreign.first(where: \.1) {
            throw UsageError("\(name) does not go with the readout \(readout.rawValue)")
        }
        if !isText, let name = command.writing.given.first {
            throw UsageError("\(name) goes with the readout text, not with \(readout.rawValue)")
        }
    }

    private func show(_ report: ReadoutReport) throws {
        let predict =
            "cloze predict --model \(command.model.model.shellQuoted) --prompt \(command.output.shellQuoted) "
            + (readout == .span ? "--file rows.jsonl" : "'your text'")
        if command.general.json {
            return try Stream.output.print(
                json: ReadoutDocument(report: report, predict: predict), of: "train")
        }
        try Stream.output.print(report.text + "\n\nUse it:\n  \(predict)")
    }
}

/// A report with the command that uses the prompt.
private struct ReadoutDocument: Encodable {
    let report: ReadoutReport
    let predict: String

    private enum Key: String, CodingKey {
        case predict
    }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(predict, forKey: .predict)
    }
}

extension ReadoutReport {
    /// The table, the kinds of entities, the costs.
    var text: String {
        let terminal = Terminal(STDOUT_FILENO)
        let names = rows.first?.metrics.map(\.metric) ?? []
        var table = Table(
            ["on \(testRows) test rows"] + names + ["95 % interval", "trained", "stored", "a row"])
        for row in rows {
            let interval = row.metrics.first?.interval
            table.add(
                [row.name] + row.metrics.map { Figures.decimal($0.value, 3) } + [
                    interval.map { "\(Figures.decimal($0.low, 3)) to \(Figures.decimal($0.high, 3))" } ?? "–",
                    row.trainedParameters == 0 ? "–" : Figures.count(row.trainedParameters),
                    row.bytes == 0 ? "–" : Figures.bytes(row.bytes),
                    row.millisecondsARow == 0 ? "–" : Figures.decimal(row.millisecondsARow, 1) + " ms",
                ])
        }
        let parts = [table.lines(terminal), entities?.text(terminal), costs]
        return parts.compactMap(\.self).joined(separator: "\n\n")
            + warnings.map { "\nwarning: " + $0 }.joined()
    }

    private var costs: String {
        let own = rows.last
        return """
            Learned from \(trainRows) rows of '\(task)', \(devRows == 0 ? "the last step kept" : "chosen by \(devRows)"), in \
            \(Figures.seconds(own?.trainingSeconds ?? 0)): \(Figures.count(own?.trainedParameters ?? 0)) numbers beside \
            the model's \(Figures.count(modelParameters)). A step took \(Figures.seconds(stepSeconds)) and held up \
            to \(Figures.bytes(peakTrainingBytes)) beside the model's file; peak memory \(Figures.bytes(peakProcessBytes)). \
            A gigabyte holds \(Figures.count(tasksAGigabyte)) such prompts. The prompt is in \(output); read back, it \
            gave \(answersChangedByReload == 0 ? "the same answers" : "\(answersChangedByReload) other answers").
            """
    }
}

extension EntityReport {
    /// A row a kind.
    func text(_ terminal: Terminal) -> String? {
        guard !kinds.isEmpty else { return nil }
        var table = Table(["entity", "there are", "answered", "precision", "recall", "F1"])
        for kind in kinds {
            table.add([
                kind.kind, "\(kind.wanted)", "\(kind.found)", Figures.decimal(kind.precision, 3),
                Figures.decimal(kind.recall, 3), Figures.decimal(kind.f1, 3),
            ])
        }
        return table.lines(terminal)
    }
}
