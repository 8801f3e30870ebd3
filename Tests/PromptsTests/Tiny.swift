import Checkpoints
import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Tokenizers

/// The tiny random models of `Tests/Goldens/models` with a tokenizer of numbers, and prompts for them.
enum Tiny {
    /// Learned positions; grouped heads; grouped heads with a window of 4; a layer with a window and one without.
    static let names = ["gpt2", "llama", "mistral", "gemma3"]

    /// A model of a name; another digest makes it another model to prompts.
    static func model(
        _ name: String = "llama", digest: String = "tiny", tokenizer: NumberTokenizer? = nil,
        on backend: any Backend = CPUBackend.shared
    ) throws -> PretrainedModel {
        let folder = Golden.folder.appendingPathComponent("models/\(name)")
        let (model, weights) = try PretrainedModel.load(
            ModelSource(contentsOf: folder), on: backend)
        return PretrainedModel(
            model: model, weights: weights,
            tokenizer: tokenizer ?? NumberTokenizer(vocabularySize: model.traits.vocabularySize),
            fingerprint: ModelFingerprint(digest: digest), name: "tiny-\(name)")
    }

    /// The tiny encoder of a name; texts are framed, and 4 is the mask.
    static func masked(_ name: String = "bert", on backend: any Backend = CPUBackend.shared) throws
        -> PretrainedModel
    {
        try model(
            name, tokenizer: NumberTokenizer(vocabularySize: 83, firstText: 5, isMasked: true), on: backend)
    }

    /// A task whose labels are `a` and `b`.
    static func task(
        _ template: String = "{text} {answer}", a: [String] = ["20"], b: [String] = ["30"],
        name: String = "task",
        limit: Int = 60
    ) throws -> PromptTask {
        try PromptTask(
            name: name, template: Template(template), verbalizer: Verbalizer(["a": a, "b": b]), limit: limit)
    }

    /// Rows of such a task: the last number of a text says the label, the others say nothing.
    static func rows(_ count: Int, seed: UInt64 = 1) throws -> Dataset {
        var random = CounterRandom(seed: seed)
        func number() -> Int { Int(random.next() % 40) + 50 }
        let examples = (0..<count).flatMap { _ in
            [("40", "a"), ("41", "b")].map { key, label in
                Example(fields: ["text": "\(number()) \(number()) \(key)"], label: label)
            }
        }
        return try Dataset(name: "numbers", labels: ["a", "b"], examples: examples)
    }

    static func split(perLabel: Int = 8) throws -> FewShotSplit {
        try FewShotSplit(rows(4 * perLabel), perLabel: perLabel, seed: 0)
    }

    /// Normal rows at the scale of embeddings.
    static func soft(_ count: Int, _ pretrained: PretrainedModel, seed: UInt64 = 7) -> Tensor {
        var random = RandomTensors(seed: seed)
        return random.normal([count, pretrained.model.traits.width], scale: pretrained.embeddingSpread)
    }

    /// A prompt with soft rows that were not learned, with two stored scores.
    static func prompt(
        _ pretrained: PretrainedModel, name: String = "soft", rows: Int = 3, seed: UInt64 = 7
    ) throws -> Prompt {
        try Prompt(
            method: "prompt-tuning", task(name: name), template: Template("{soft \(rows)}{text} {answer}"),
            tensors: NamedTensors([SoftPrompt.parameterName: soft(rows, pretrained, seed: seed)]), pretrained,
            settings: ["seed": "\(seed)"],
            probing: [Example(fields: ["text": "5 6"]), Example(fields: ["text": "7"])])
    }

    /// The log-probability of every token at every row of one plain sequence, computed alone.
    static func alone(_ rows: [PromptRow], soft: Tensor?, _ pretrained: PretrainedModel) -> Tensor {
        let pass = Pass.inference(pretrained.weights)
        let parts = rows.map { row -> Tensor in
            switch row {
            case .token(let token): pretrained.model.embed([token], pass)
            case .soft(let place): soft?.rows(place..<place + 1) ?? pretrained.model.embed([], pass)
            }
        }
        let input = ModelInput(
            embeddings: Tensor.joinRows(parts), lengths: [rows.count], readouts: rows.indices.map(Int32.init))
        return pretrained.model.logits(input, pass).logSoftmax()
    }

    /// log p of each token of a candidate behind a prompt, from plain sequences; soft rows are not predicted.
    static func steps(
        _ prompt: [PromptRow], _ candidate: [PromptRow], soft: Tensor?, _ pretrained: PretrainedModel
    ) -> [Float] {
        let table = alone(prompt + candidate, soft: soft, pretrained)
        let (values, width) = (table.floats, table.shape.width)
        return candidate.enumerated().compactMap { place, row in
            guard case .token(let token) = row else { return nil }
            return values[(prompt.count + place - 1) * width + Int(token)]
        }
    }
}

extension [Int32] {
    /// The tokens as rows of a prompt.
    var rows: [PromptRow] { map(PromptRow.token) }
}

/// A folder that goes when the test ends.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("cloze-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    /// The names of what lies here, or in a folder here.
    func names(in folder: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: file(folder).path)) ?? []).sorted()
    }
}

/// What happened, in order, from any thread.
func description(of error: (any Error)?) -> String { error.map { "\($0)" } ?? "" }
