import Foundation
import Layers
import Models
import Prompts
import Tensors
import Tokenizers

/// A prompt: its manifest, and its soft rows beside the model's vocabulary.
struct PromptInspection: Inspection {
    struct Row: Encodable {
        let row: Int
        let norm: Double
        /// The tokens whose embeddings point most nearly the same way; see ``PromptInspection/nearestWarning``.
        let nearest: [Near]
    }

    struct Near: Encodable {
        let token: Int32
        let text: String
        /// The cosine between the two.
        let cosine: Double
    }

    let kind = "prompt"
    let manifest: PromptManifest
    /// How many positions stand in the folder as keys and values; nil where none do.
    let compiledPositions: Int?
    let bytes: Int
    let trainedParameters: Int
    let rows: [Row]
    /// The norms of the vocabulary's embeddings: the 5th, 50th and 95th of 100.
    let vocabularyNorms: [Double]?
    let note: String?

    static let nearestWarning = """
        Nearest tokens are mostly noise: rows that were trained a little resemble the tokens they started from, rows \
        that were trained long resemble none. What a prompt does shows in its answers.
        """

    init(_ url: URL, _ place: ModelPlace?, _ console: Console) throws {
        let folder = PromptFolder(url)
        let prompt = try folder.read(on: CPUBackend.shared)
        manifest = prompt.manifest
        compiledPositions = prompt.front?.count
        bytes = folder.byteCount
        trainedParameters = prompt.parameterCount
        let vocabulary = try place.map { try Vocabulary($0.load(console)) }
        if let soft = prompt.softRows { try vocabulary?.check(soft, of: prompt) }
        vocabularyNorms = vocabulary?.spread
        rows = prompt.softRows.map { Self.rows($0, vocabulary) } ?? []
        note = vocabulary == nil || rows.isEmpty ? nil : Self.nearestWarning
    }

    private static func rows(_ soft: Tensor, _ vocabulary: Vocabulary?) -> [Row] {
        let (values, width) = (soft.floats, soft.shape.width)
        let nearest = vocabulary?.nearest(soft) ?? []
        return (0..<soft.shape.rows).map { row in
            Row(
                row: row, norm: values[row * width..<(row + 1) * width].norm,
                nearest: nearest.indices.contains(row) ? nearest[row] : [])
        }
    }

    var text: String {
        var table = Table(
            ["row", "norm"] + (note == nil ? [] : ["nearest tokens"]), [.right, .right, .left])
        for row in rows {
            let near = row.nearest.map { "\($0.text.quoted) \(Figures.decimal($0.cosine, 2))" }
            table.add(
                ["\(row.row)", Figures.decimal(row.norm, 3)]
                    + (note == nil ? [] : [near.joined(separator: "  ")]))
        }
        let norms = vocabularyNorms.map { norms in
            "embeddings' norms: 5 % below \(Figures.decimal(norms[0], 3)), half below \(Figures.decimal(norms[1], 3)), "
                + "95 % below \(Figures.decimal(norms[2], 3))"
        }
        let parts = [description, rows.isEmpty ? nil : table.lines(Terminal(1)), norms, note]
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

/// The embeddings of a model's vocabulary, with what soft rows are compared to.
private struct Vocabulary {
    private let model: PretrainedModel
    private let norms: [Double]
    /// How many tokens are embedded at a time, so that a large vocabulary takes little memory.
    private static let chunk = 4096
    private static let shown = 3

    init(_ model: PretrainedModel) throws {
        self.model = model
        norms = Self.chunks(model).flatMap { _, rows in rows.rowNorms }
    }

    /// Throws where the rows of a prompt are of another width, so of another model.
    func check(_ soft: Tensor, of prompt: Prompt) throws {
        let expected: Shape = [soft.shape.rows, model.model.traits.width]
        guard soft.shape == expected else {
            throw PromptError.wrongShape(prompt: prompt.id, expected: "\(expected)", found: "\(soft.shape)")
        }
    }

    /// The norms of which 5, 50 and 95 in 100 are smaller.
    var spread: [Double] {
        let ordered = norms.sorted()
        return [0.05, 0.5, 0.95].map { ordered.isEmpty ? 0 : ordered[Int($0 * Double(ordered.count - 1))] }
    }

    /// The tokens nearest to each row.
    func nearest(_ soft: Tensor) -> [[PromptInspection.Near]] {
        let lengths = soft.rowNorms
        var best = [[(cosine: Double, token: Int)]](repeating: [], count: soft.shape.rows)
        for (start, rows) in Self.chunks(model) {
            let (products, width) = (soft.matmul(rows).floats, rows.shape.rows)
            for row in best.indices {
                let found = (0..<width).map { column in
                    let length = max(lengths[row] * norms[start + column], .leastNormalMagnitude)
                    return (cosine: Double(products[row * width + column]) / length, token: start + column)
                }
                best[row] = Array((best[row] + found).sorted { $0.cosine > $1.cosine }.prefix(Self.shown))
            }
        }
        return best.map { near in
            near.map {
                .init(
                    token: Int32($0.token), text: model.tokenizer.decode([Int32($0.token)]), cosine: $0.cosine
                )
            }
        }
    }

    private static func chunks(_ model: PretrainedModel) -> [(start: Int, rows: Tensor)] {
        let size = model.tokenizer.vocabularySize
        return stride(from: 0, to: size, by: chunk).map { start in
            let tokens = (start..<min(start + chunk, size)).map { Int32($0) }
            return (start, model.model.embed(tokens, .inference(model.weights)))
        }
    }
}

extension Tensor {
    /// The Euclidean norm of each row.
    fileprivate var rowNorms: [Double] {
        let (values, width) = (floats, shape.width)
        return (0..<shape.rows).map { values[$0 * width..<($0 + 1) * width].norm }
    }
}

extension ArraySlice<Float> {
    fileprivate var norm: Double { reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
