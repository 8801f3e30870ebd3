import ArgumentParser
import Checkpoints
import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// `cloze evaluate`: how well a prompt answers labelled rows.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a prompt on labelled rows.",
        discussion: """
            EXAMPLES
              cloze evaluate --model MODEL --prompt topics --data test.jsonl
              cloze evaluate --model MODEL --task Examples/Data/sib200_en
              cloze evaluate --model MODEL --task Examples/Data/reviews --shots 8 \\
                --select balanced --demo-seeds 0..4 --calibrate contextual,batch
              cloze evaluate --model MODEL --template '{text} It was {answer}.' \\
                --words 'negative=bad,positive=good' --data reviews.csv --require 'accuracy>=0.85'
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var prompt: PromptOptions
    @OptionGroup var voting: VoteOptions
    @OptionGroup(title: "Examples in the prompt") var shown: DemonstrationOptions
    @OptionGroup(title: "Corrections") var corrected: CalibrationOptions
    @OptionGroup(title: "Writing") var writing: WritingOptions
    @OptionGroup var rows: RowOptions
    @OptionGroup var kept: StoreOptions
    @OptionGroup var general: GeneralOptions

    @Option(help: ArgumentHelp("Labelled rows (.jsonl, .csv, .tsv).", valueName: "file"))
    var data: String?

    @Option(
        help: ArgumentHelp("A task's folder; its test rows, and its template and words.", valueName: "folder")
    )
    var task: String?

    @Option(help: ArgumentHelp("Evaluate the first so many rows only.", valueName: "count"))
    var testRows: Int?

    @Option(help: ArgumentHelp("How answers are judged: accuracy, macro_f1, …", valueName: "metric"))
    var metric: String?

    @Option(
        help: ArgumentHelp("Exit with 100 unless a metric is reached: 'accuracy>=0.85'.", valueName: "gate"))
    var require: [String] = []

    @Option(help: ArgumentHelp("Write each row's answer to a file, as JSONL.", valueName: "file"))
    var predictions: String?

    @Option(
        help: ArgumentHelp(
            "Write how confidence and accuracy go together to a picture, and print it.", valueName: "svg"))
    var reliability: String?

    @Option(help: ArgumentHelp("Save the prompt with its examples and correction.", valueName: "folder"))
    var save: String?

    @Flag(help: "Replace a prompt or a file that is there.")
    var force = false

    func validate() throws {
        try prompt.chat.check(shown)
        if task == nil, data == nil { throw ValidationError("say which rows: --data FILE or --task FOLDER") }
        if let testRows, testRows < 1 { throw ValidationError("--test-rows is \(testRows); write 1 or more") }
    }

    func run() throws {
        try checkOutputs()
        if let own = try prompt.ownReadout() { return try EvaluateReadout(command: self, prompt: own).run() }
        let console = general.begin()
        let gates = try require.map { try Gate($0) }
        let judged = try metric.map { try Metric(named: $0) }
        if judged == .entityF1 {
            throw UsageError("--metric entity_f1 judges tags; this prompt answers with labels")
        }
        let source = try task.map {
            try TaskSource(
                folder: URL(fileURLWithPath: $0), template: prompt.question.parsedTemplate(),
                verbalizer: prompt.question.parsedWords())
        }
        if let data { try InputFile(data).check() }
        let folder = save.map { PromptFolder(URL(fileURLWithPath: $0)) }
        try folder?.checkWritable(replacing: force)
        let store = try kept.open(console)
        let pretrained = try model.load(console)
        let made = try prompt.load(pretrained, task: source?.promptTask(limit: prompt.question.limit))
        let setup = try InContextSetup(
            made, shown, corrected, rows, voting: voting, limit: prompt.question.givenLimit,
            pool: source?.pool, pretrained, console)
        if folder != nil, !voting.voteWith.isEmpty {
            throw UsageError("--save keeps one prompt; --vote-with names several")
        }
        if folder != nil || predictions != nil { _ = try setup.onlySeed() }
        let dataset = try labelled(source, setup.base, judged)
        let recorder = try kept.begin(
            "evaluate", dataset.name, settings: setup.base.manifest.settingsForRuns, in: store, pretrained,
            data: [data.map { URL(fileURLWithPath: $0) } ?? source?.test].compactMap(\.self))
        let runs: [InContextRun]
        do { runs = try measured(setup, dataset, pretrained, console) } catch {
            recorder?.fail(error)
            throw error
        }
        try record(dataset, runs, recorder, console)
        try writePredictions(dataset, runs)
        try writeDiagram(dataset, runs)
        try folder?.save(runs, dataset, pretrained, replacing: force)
        try report(dataset, runs, setup, gates)
        if let warning = try chatWarning(dataset, runs, pretrained) { console.warning(warning) }
    }

    /// Throws where a file would be overwritten that nobody said may be, or one that is read.
    private func checkOutputs() throws {
        for path in [predictions, reliability].compactMap(\.self) {
            let place = URL(fileURLWithPath: path).standardizedFileURL
            if let data, URL(fileURLWithPath: data).standardizedFileURL == place {
                throw UsageError("\(path) is read as --data; write to another file")
            }
            if !force, FileManager.default.fileExists(atPath: place.path) {
                throw PromptError.exists(place.path)
            }
        }
    }

    /// Keeps the answers and the metric of the last draw and correction, and the reports of all.
    private func record(
        _ dataset: Dataset, _ runs: [InContextRun], _ recorder: RunRecorder?, _ console: Console
    ) throws {
        guard let recorder, let last = runs.last else { return }
        recorder.add(last.answers, to: dataset)
        let reports = try runs.map {
            try EvaluationReport(dataset, $0.answers, $0.prompt, gates: [], seconds: $0.seconds)
        }
        let value = try Evaluation(last.answers.map(\.label), to: dataset).value
        recorder.finish(console, metric: dataset.metric.name, value: value, report: reports)
    }

    /// Compares a bare prompt of the command line with the same question in a turn, where the model is one for chats.
    private func chatWarning(
        _ dataset: Dataset, _ runs: [InContextRun], _ pretrained: PretrainedModel
    ) throws -> String? {
        guard prompt.prompt == nil, prompt.choices == nil, !prompt.chat.isAsked, !shown.isAsked,
            !general.quiet,
            pretrained.model.traits.isCausal, let run = runs.first
        else { return nil }
        return try ChatComparison(run.prompt, run.answers, dataset, pretrained)?.warning
    }

    private func measured(
        _ setup: InContextSetup, _ dataset: Dataset, _ pretrained: PretrainedModel, _ console: Console
    ) throws -> [InContextRun] {
        let learning = setup.learning(pretrained)
        return try setup.plan.seeds.flatMap { seed in
            let draw = setup.plan.seeds.count > 1 ? ", examples of seed \(seed)" : ""
            console.begin("answering \(dataset.name)\(draw)", total: dataset.examples.count)
            let runs = try learning.runs(on: dataset, seed: seed) { console.advance(to: $0) }
            console.end()
            return runs
        }
    }

    private func report(
        _ dataset: Dataset, _ runs: [InContextRun], _ setup: InContextSetup, _ gates: [Gate]
    ) throws {
        let reports = try runs.map {
            try EvaluationReport(dataset, $0.answers, $0.prompt, gates: gates, seconds: $0.seconds)
        }
        if runs.count == 1 {
            try print(reports[0], reports[0].text)
        } else {
            let whole = try InContextReport(dataset, runs, reports, setup.plan)
            try print(whole, whole.text)
        }
        if reliability != nil, !general.json {
            try Stream.output.print("\n" + Self.diagram(dataset, runs).text)
        }
        if let failure = reports.lazy.compactMap({ $0.firstUnmet(gates) }).first { throw failure }
    }

    private func print(_ report: some Encodable, _ text: String) throws {
        if general.json {
            try Stream.output.print(json: report, of: "evaluate")
        } else {
            try Stream.output.print(text)
        }
    }

    private func labelled(_ source: TaskSource?, _ made: Prompt, _ judged: Metric?) throws -> Dataset {
        guard let url = data.map({ URL(fileURLWithPath: $0) }) ?? source?.test else {
            throw ExperimentError.noTestRows(source?.name ?? "")
        }
        let all = try LabelledRows(made, rows).read(url, metric: judged ?? source?.metric ?? .accuracy)
        guard let testRows else { return all }
        return try Dataset(
            name: all.name, labels: all.labels, examples: Array(all.examples.prefix(testRows)),
            metric: all.metric)
    }

    private func writePredictions(_ dataset: Dataset, _ runs: [InContextRun]) throws {
        guard let predictions, let run = runs.last else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = try AtomicFile(replacing: URL(fileURLWithPath: predictions))
        for (example, answer) in zip(dataset.examples, run.answers) {
            let row = JSONDocument(command: "evaluate", content: AnsweredRow(example, answer, run.prompt))
            try file.write(Array(try encoder.encode(row)) + [UInt8(ascii: "\n")])
        }
        try file.commit()
    }

    private func writeDiagram(_ dataset: Dataset, _ runs: [InContextRun]) throws {
        guard let reliability else { return }
        let file = try AtomicFile(replacing: URL(fileURLWithPath: reliability))
        try file.write(Array(try Self.diagram(dataset, runs).svg.utf8))
        try file.commit()
    }

    /// Before and after each correction, all draws together.
    private static func diagram(_ dataset: Dataset, _ runs: [InContextRun]) throws -> ReliabilityDiagram {
        var names: [String] = []
        for run in runs where !names.contains(run.name) { names.append(run.name) }
        return ReliabilityDiagram(
            try names.map { name in
                let own = runs.filter { $0.name == name }
                return .init(
                    name: name == "none" ? "as it is" : name, calibration: try own.calibration(on: dataset))
            })
    }
}

extension [InContextRun] {
    /// How confidence and accuracy of these runs go together.
    func calibration(on dataset: Dataset) throws -> Calibration {
        let answers = flatMap { run in zip(run.answers, dataset.examples).map { ($0, $1.label) } }
        return try Calibration(
            confidences: answers.map { Double(Swift.min(1, $0.0.confidence)) },
            right: answers.map { $0.0.label == $0.1 })
    }
}

extension PromptFolder {
    /// Saves the prompt of the only draw, corrected if a correction was asked for.
    func save(
        _ runs: [InContextRun], _ dataset: Dataset, _ pretrained: PretrainedModel, replacing: Bool
    ) throws {
        guard let run = runs.last else { return }
        var prompt = run.prompt
        prompt.manifest.name = url.lastPathComponent
        let evaluation = try Evaluation(run.answers.map(\.label), to: dataset)
        prompt.manifest.measurements["\(dataset.name) \(dataset.metric.name)"] = evaluation.value
        try write(prompt, replacing: replacing)
    }
}

/// Whether a file's rows have the fields that a template reads.
struct TemplateFields {
    private let template: Template

    init(_ template: Template) { self.template = template }

    /// Looks at the first row: a field that even it lacks is the template's fault, and said with its place there.
    ///
    /// - Throws: `TemplateError/Rule/unknownField`.
    func check(_ file: URL, _ mapping: RowMapping) throws {
        guard let handle = FileHandle(forReadingAtPath: file.path), let format = try? DataFormat(of: file)
        else { return }
        var lenient = mapping
        lenient.needsLabel = false
        lenient.labels = nil
        // One field that is read keeps nested values of the others from being refused here.
        lenient.reads = []
        var stream = ExampleStream(handle, format: format, mapping: lenient, file: file.relativePath)
        let row = try? stream.next()
        // The stream reads from the handle, which must not be closed before.
        withExtendedLifetime(handle) {}
        guard let first = row else { return }
        try template.check(fields: first.fields.keys.sorted())
    }
}
