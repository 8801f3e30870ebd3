import ArgumentParser
import Datasets
import Experiments
import Foundation
import Models
import Prompts
import Tensors

/// `cloze compile`: a prompt whose front is computed beforehand.
struct Compile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute what a prompt starts with once, and save it.",
        discussion: """
            What stands in front of a prompt's first field (soft rows, an instruction,
            examples, words of the template) becomes keys and values in the saved folder,
            mapped in milliseconds when the prompt is used. The answers stay the same. Only
            causal models have such a part; where a prompt has none, this says so.

            EXAMPLES
              cloze compile --model MODEL --prompt topics --output topics-compiled
              cloze compile --model MODEL --template 'Review: {text}\\nSentiment: {answer}' \\
                --words 'negative=bad,positive=good' --shots 8 --pool reviews.jsonl \\
                --output few-shot
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var prompt: PromptOptions
    @OptionGroup(title: "Examples in the prompt") var shown: DemonstrationOptions
    @OptionGroup(title: "Corrections") var corrected: CalibrationOptions
    @OptionGroup var rows: RowOptions
    @OptionGroup var general: GeneralOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Where the prompt is saved.", valueName: "folder"))
    var output: String

    @Flag(help: "Replace a prompt that is there.")
    var force = false

    func validate() throws { try prompt.chat.check(shown) }

    func run() throws {
        let console = general.begin()
        let folder = PromptFolder(URL(fileURLWithPath: output))
        try folder.checkWritable(replacing: force)
        let pretrained = try model.load(console)
        let setup = try InContextSetup(
            try prompt.load(pretrained), shown, corrected, rows, limit: prompt.question.givenLimit, pool: nil,
            pretrained, console)
        var made = try setup.learning(pretrained).corrected(seed: setup.onlySeed())
        made.manifest.name = folder.url.lastPathComponent
        let compiled = try made.compiled(for: pretrained)
        try folder.write(compiled, replacing: force)
        let clock = ContinuousClock()
        let loading = try clock.measure { _ = try folder.read(on: CPUBackend.shared) }
        let report = Report(
            prompt: made.id, output: folder.url.path, positions: compiled.front?.count ?? 0,
            bytes: folder.byteCount, loadSeconds: loading / .seconds(1))
        if general.json { return try Stream.output.print(json: report, of: "compile") }
        try Stream.output.print(
            "\(report.positions) positions compiled into \(output), \(Figures.bytes(report.bytes)), loaded in "
                + "\(Figures.decimal(report.loadSeconds * 1000, 1)) ms")
    }

    private struct Report: Encodable {
        let prompt: String
        let output: String
        let positions: Int
        let bytes: Int
        let loadSeconds: Double
    }
}
