import Experiments
import Foundation
import Layers
import Models
import Prompts
import Tensors
import Tokenizers

/// A prompt: its manifest, and its soft rows beside the model's vocabulary.
struct PromptInspection: Inspection {
    let kind = "prompt"
    let manifest: PromptManifest
    /// How many positions stand in the folder as keys and values; nil where none do.
    let compiledPositions: Int?
    let bytes: Int
    let trainedParameters: Int
    let rows: [VocabularyNeighbours.Row]
    /// The norms of the vocabulary's embeddings: the 5th, 50th and 95th of 100.
    let vocabularyNorms: [Double]?
    let note: String?

    static let nearestWarning = """
        Nearest tokens are mostly noise: rows that were trained a little resemble the tokens they started from, rows \
        that were trained long resemble none. What a prompt does shows in its answers.
        """

    /// What the prompt does; nil where no model is given.
    let diagnosis: PromptDiagnosis?

    init(
        _ url: URL, _ place: ModelPlace?, _ options: DiagnosisOptions, _ columns: RowOptions,
        _ console: Console
    ) throws {
        let folder = PromptFolder(url)
        let prompt = try folder.read(on: CPUBackend.shared)
        manifest = prompt.manifest
        compiledPositions = prompt.front?.count
        bytes = folder.byteCount
        trainedParameters = prompt.parameterCount
        let model = try place.map { try $0.load(console) }
        let vocabulary = model.map { VocabularyNeighbours($0) }
        vocabularyNorms = vocabulary?.spread
        rows =
            try prompt.softRows.map { soft in
                try vocabulary?.rows(soft, of: prompt.id)
                    ?? soft.rowNorms.enumerated().map {
                        .init(row: $0.offset, norm: $0.element)
                    }
            } ?? []
        note = vocabulary == nil || rows.isEmpty ? nil : Self.nearestWarning
        diagnosis = try model.map { model in
            try PromptDiagnosis(
                prompt, model, rows: options.dataset(prompt, columns),
                others: options.against.map {
                    try PromptFolder(URL(fileURLWithPath: $0)).read(on: CPUBackend.shared)
                })
        }
    }

    var text: String {
        var table = Table(
            ["row", "norm"] + (note == nil ? [] : ["distance", "nearest tokens"]),
            [.right, .right] + (note == nil ? [] : [.right, .left]))
        for row in rows {
            let near = row.nearest.map { "\($0.text.quoted) \(Figures.decimal($0.cosine, 2))" }
            table.add(
                ["\(row.row)", Figures.decimal(row.norm, 3)]
                    + (note == nil
                        ? [] : [Figures.decimal(row.distance ?? .nan, 3), near.joined(separator: "  ")]))
        }
        let norms = vocabularyNorms.map { norms in
            "embeddings' norms: 5 % below \(Figures.decimal(norms[0], 3)), half below \(Figures.decimal(norms[1], 3)), "
                + "95 % below \(Figures.decimal(norms[2], 3))"
        }
        let parts = [
            description, rows.isEmpty ? nil : table.lines(Terminal(1)), norms, note, diagnosis?.text,
        ]
        return parts.compactMap(\.self).joined(separator: "\n\n")
    }

    /// What stands in front of each question, and what is done to its probabilities.
    private var inContext: [String] {
        let shown = manifest.demonstrations?.settings
        let examples = shown.map { settings in
            settings.shots == 0
                ? nil
                : "\(settings.shots) examples, \(settings.selection.rawValue), \(settings.order.rawValue), seed "
                    + "\(settings.seed)\(settings.isPerQuestion ? ", for each question its own" : "")"
        }
        let lines: [String?] = [
            shown?.instruction.map { "instruction \($0.quoted)" }, examples ?? nil,
            manifest.demonstrationSets.map {
                "\($0.settings.count) sets of an example a label behind each question, from \($0.examples.count) rows"
            },
            manifest.choices.map { "choices in the field '\($0)'" },
            manifest.calibration.map { "correction \($0.method.rawValue), from \($0.rows) rows" },
            manifest.abstention.map {
                "answers above \(Figures.decimal(Double($0.threshold), 3)): \(Figures.percent($0.coverage)) of "
                    + "\($0.rows) held-out rows, \(Figures.percent($0.precision)) of them rightly"
            },
            compiledPositions.map { "\($0) positions compiled" },
        ]
        return lines.compactMap(\.self)
    }

    private var description: String {
        let settings = manifest.settings.sorted { $0.key < $1.key }.map { "  \($0.key) \($0.value)" }
        let measured = manifest.measurements.sorted { $0.key < $1.key }.map { "  \($0.key) \($0.value)" }
        let words = manifest.verbalizer.entries.map {
            "  \($0.label): \($0.words.map(\.quoted).joined(separator: ", "))"
        }
        let heads = [
            "prompt '\(manifest.name)' by \(manifest.method), \(Figures.count(trainedParameters)) trained numbers, "
                + "\(Figures.bytes(bytes)) on disk",
            "model \(manifest.model.file) (\(manifest.model.family.rawValue), \(manifest.model.layers) layers, "
                + "\(manifest.model.width) wide), \(manifest.model.fingerprint.prefix(12))",
            "template \(manifest.template.source.quoted)",
            "limit \(manifest.limit), shortening \(manifest.shortening.rawValue), rule \(manifest.rule.rawValue)",
        ]
        return
            (heads + inContext + ["words"] + words + (settings.isEmpty ? [] : ["settings"] + settings)
            + (measured.isEmpty ? [] : ["measured"] + measured)).joined(separator: "\n")
    }
}
