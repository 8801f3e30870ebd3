import ArgumentParser
import Datasets
import Experiments
import Foundation
import Models
import Prompts
import Tensors

/// Which solved examples are shown in front of each question.
struct DemonstrationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show so many solved examples in front of each question.", valueName: "count"))
    var shots: Int = 0

    @Option(help: ArgumentHelp("Labelled rows that examples are drawn from.", valueName: "file"))
    var pool: String?

    @Option(help: ArgumentHelp(#"A text in front of everything; \n is a line break."#, valueName: "text"))
    var instruction: String?

    @Option(
        help: ArgumentHelp(
            #"What stands behind the instruction and each example; \n\n by default."#, valueName: "text"))
    var separator: String?

    @Option(help: ArgumentHelp("Which examples are shown.", valueName: "selection"))
    var select: DemonstrationSelection = .random

    @Option(help: ArgumentHelp("In which order they stand.", valueName: "order"))
    var order: DemonstrationOrder = .asDrawn

    @Option(
        help: ArgumentHelp(
            "The draws of examples, as 3, 0..4 or 1,5,9; several are measured one by one.", valueName: "seeds"
        ))
    var demoSeeds: String = "0"

    @Option(
        help: ArgumentHelp(
            "A sentence encoder that compares texts; the model itself where none is given.",
            valueName: "model"))
    var encoder: String?

    func validate() throws {
        guard DemonstrationSettings.shotLimit.contains(shots) else {
            throw ValidationError(DemonstrationError.badShots(shots).description)
        }
        _ = try seeds
    }

    /// Whether anything is shown.
    var isAsked: Bool { shots > 0 || instruction != nil }

    /// The draws.
    var seeds: [UInt64] {
        get throws {
            let parts = demoSeeds.split(separator: ",", omittingEmptySubsequences: false).map {
                String($0).trimmed
            }
            let seeds = try parts.flatMap { part -> [UInt64] in
                if let seed = UInt64(part) { return [seed] }
                let ends = part.components(separatedBy: "..").compactMap { UInt64($0) }
                guard ends.count == 2, ends[0] <= ends[1], ends[1] - ends[0] < 1000 else {
                    throw ValidationError("--demo-seeds is '\(demoSeeds)'; write 3, 0..4 or 1,5,9")
                }
                return Array(ends[0]...ends[1])
            }
            guard Set(seeds).count == seeds.count else {
                throw ValidationError("--demo-seeds names a seed twice: '\(demoSeeds)'")
            }
            return seeds
        }
    }

    /// How examples are shown.
    func settings() throws -> DemonstrationSettings {
        DemonstrationSettings(
            instruction: try instruction.map(Self.unescaped),
            separator: try separator.map(Self.unescaped) ?? DemonstrationSettings.usualSeparator,
            shots: shots,
            selection: select, order: order)
    }

    /// A text with its escapes read as those of a template are.
    private static func unescaped(_ text: String) throws -> String {
        let escaped = Template.escaping(text) + "{answer}"
        let parts = try Template(unescaping: escaped).parts
        guard case .text(let plain)? = parts.first else { return "" }
        return plain
    }

    /// The rows that examples are drawn from.
    ///
    /// - Parameter usual: the pool of a task's folder, where --pool is not given.
    func rows(_ made: Prompt, _ options: RowOptions, usual: URL?) throws -> [Example] {
        guard shots > 0 else { return [] }
        guard let url = pool.map({ URL(fileURLWithPath: $0) }) ?? usual else {
            throw UsageError("--shots needs rows to draw from: --pool FILE")
        }
        return try LabelledRows(made, options).read(url).examples
    }

    /// What compares texts; nil for the model itself.
    func vectorizer(_ console: Console) throws -> (any TextVectorizer)? {
        try Self.vectorizer(encoder, console)
    }

    /// What compares texts, of a model of this name.
    static func vectorizer(_ encoder: String?, _ console: Console) throws -> (any TextVectorizer)? {
        guard let encoder else { return nil }
        let place = try ModelPlace(encoder).url()
        let source = try ModelPlace(encoder).source()
        console.detail("sentence encoder: \(encoder)")
        // A causal model by itself is no sentence encoder, but the mean of its states is a vector.
        let model = try PretrainedModel(source, on: CPUBackend.shared)
        return model.model.traits.isCausal
            ? ModelVectorizer(model) : try SentenceEncoder(contentsOf: place, on: CPUBackend.shared)
    }
}

/// Reads labelled rows as a prompt needs them.
struct LabelledRows {
    private let prompt: Prompt
    private let options: RowOptions

    init(_ prompt: Prompt, _ options: RowOptions) {
        self.prompt = prompt
        self.options = options
    }

    /// All rows of a file; a field that none has is the template's fault.
    func read(_ url: URL, metric: Metric = .accuracy) throws -> Dataset {
        try InputFile(url.relativePath).check()
        var mapping = try options.mapping()
        mapping.labels = prompt.manifest.verbalizer.labels
        try TemplateFields(prompt.manifest.template).check(url, mapping)
        mapping.reads = prompt.manifest.template.fieldNames + [prompt.manifest.choices].compactMap(\.self)
        mapping.lists = Set([prompt.manifest.choices].compactMap(\.self))
        let rows = try Dataset(contentsOf: url, mapping: mapping, metric: metric)
        guard prompt.manifest.choices != nil else { return rows }
        var fitted = prompt
        try fitted.fitChoices(to: rows.examples)
        return try Dataset(
            name: rows.name, labels: fitted.manifest.verbalizer.labels, examples: rows.examples,
            metric: metric)
    }
}
