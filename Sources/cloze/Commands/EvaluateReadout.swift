import Checkpoints
import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// `cloze evaluate` with a prompt that answers rows with their own: tags, spans, texts.
struct EvaluateReadout {
    let command: Evaluate
    let prompt: Prompt

    /// What was found, as JSON has it.
    private struct Report: Encodable {
        let prompt: String
        let data: String
        let readout: String
        let rows: Int
        let metrics: [EvaluationReport.Value]
        let entities: EntityReport?
        let shortenedRows: Int
        let secondsARow: Double
        let gates: [EvaluationReport.GateResult]
    }

    func run() throws {
        let console = command.general.begin()
        let gates = try command.require.map { try Gate($0) }
        let asked = try command.metric.map { try Metric(named: $0) }
        let task = try self.task()
        let file = try self.file(task)
        try InputFile(file.relativePath).check()
        let store = try command.kept.open(console)
        let pretrained = try command.model.load(console)
        let dataset = try task.rows(file, limit: command.testRows)
        let (metrics, answering) = (
            try self.metrics(dataset, asked, gates), try prompt.answering(pretrained, writing: writing)
        )
        let recorder = try command.kept.begin(
            "evaluate", dataset.name, settings: prompt.manifest.settingsForRuns, in: store, pretrained,
            data: [file])
        console.begin("answering \(dataset.name)", total: dataset.examples.count)
        let start = Date()
        let answers = try answering.answers(dataset.examples) { console.advance(to: $0) }
        let seconds = Date().timeIntervalSince(start) / Double(max(1, dataset.examples.count))
        console.end()
        try write(answers, dataset, task)
        let outcomes = try prompt.readout.outcomes(answers, to: dataset.examples, target: task.target)
        let values = try MetricValue.values(outcomes, metrics)
        let report = Report(
            prompt: prompt.id, data: dataset.name, readout: prompt.readout.rawValue,
            rows: dataset.examples.count,
            metrics: values.map {
                .init(metric: $0.metric, value: $0.value, low: $0.interval.low, high: $0.interval.high)
            },
            entities: prompt.readout == .tagger ? try EntityReport(outcomes) : nil,
            shortenedRows: answers.count { $0.tokensCut > 0 }, secondsARow: seconds,
            gates: gates.map { gate in
                .init(gate: gate.text, isMet: gate.admits(values.value(of: gate.metric)))
            })
        recorder?.finish(
            console, metric: report.metrics.first?.metric, value: report.metrics.first?.value, report: report)
        try show(report)
        for gate in gates where !gate.admits(values.value(of: gate.metric)) {
            throw GateNotMet(gate: gate.text, value: values.value(of: gate.metric))
        }
    }

    private var writing: TextSettings? {
        prompt.manifest.texts.map { command.writing.settings(over: $0) }
    }

    private func task() throws -> ReadoutTask {
        guard command.save == nil, command.reliability == nil, !command.shown.isAsked,
            command.voting.voteWith.isEmpty
        else {
            throw UsageError(
                "--save, --reliability, --shots and --vote-with go with labels; '\(prompt.id)' answers with \(prompt.readout.rawValue)"
            )
        }
        var task: ReadoutTask
        if let folder = command.task {
            task = try ReadoutTask(
                folder: URL(fileURLWithPath: folder), readout: prompt.readout,
                template: prompt.manifest.template)
        } else {
            let file = URL(fileURLWithPath: command.data ?? "")
            task = try ReadoutTask(
                name: file.deletingPathExtension().lastPathComponent, readout: prompt.readout,
                template: prompt.manifest.template, pool: file, test: file)
        }
        task.target = prompt.manifest.texts?.target ?? task.target
        task.mapping = try command.rows.mapping(needsLabel: false)
        return task
    }

    private func file(_ task: ReadoutTask) throws -> URL {
        guard let file = command.data.map({ URL(fileURLWithPath: $0) }) ?? task.test else {
            throw ExperimentError.noTestRows(task.name)
        }
        return file
    }

    /// The metric that was asked for first, then the readout's, then those of gates.
    private func metrics(_ dataset: Dataset, _ asked: Metric?, _ gates: [Gate]) throws -> [Metric] {
        var wanted: [Metric] = []
        let usual = try prompt.readout.metrics(for: dataset.examples)
        for metric in [asked].compactMap(\.self) + usual + gates.map(\.metric) where !wanted.contains(metric)
        {
            wanted.append(metric)
        }
        return wanted
    }

    private func write(_ answers: [RowAnswer], _ dataset: Dataset, _ task: ReadoutTask) throws {
        guard let path = command.predictions else { return }
        let file = try AtomicFile(replacing: URL(fileURLWithPath: path))
        for (example, answer) in zip(dataset.examples, answers) {
            try file.write(Array(try ReadoutAnswer(example, answer, prompt).line(of: "evaluate").utf8))
        }
        try file.commit()
    }

    private func show(_ report: Report) throws {
        if command.general.json { return try Stream.output.print(json: report, of: "evaluate") }
        let terminal = Terminal(1)
        var table = Table(["metric", "value", "95 % interval"])
        for value in report.metrics {
            table.add([
                value.metric, Figures.decimal(value.value, 4),
                "\(Figures.decimal(value.low, 3)) to \(Figures.decimal(value.high, 3))",
            ])
        }
        let parts = [
            "\(report.data): \(report.rows) rows, prompt '\(report.prompt)', readout \(report.readout)",
            table.lines(terminal), report.entities?.text(terminal),
            report.shortenedRows > 0 ? "\(report.shortenedRows) rows were too long to be read whole" : nil,
        ]
        try Stream.output.print(parts.compactMap(\.self).joined(separator: "\n\n"))
    }
}

extension [MetricValue] {
    fileprivate func value(of metric: Metric) -> Double { first { $0.metric == metric.name }?.value ?? 0 }
}
