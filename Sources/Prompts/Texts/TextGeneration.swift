public import Datasets
internal import Layers
public import Models
internal import Tensors

/// Teaching a model to write: a text out of a table or another text (Li & Liang 2021).
///
/// Any method trains that needs no head; the loss is that of the targets' tokens alone. Every target of a row is
/// learned from. What gives the first targets of the dev rows the highest likelihood is kept.
public struct TextGeneration: Sendable {
    private let choice: MethodChoice
    private let settings: TextSettings

    /// Writing by a method.
    public init(_ choice: MethodChoice, _ settings: TextSettings = TextSettings()) {
        self.choice = choice
        self.settings = settings
    }

    /// Learns from rows with the template's fields and the target field.
    ///
    /// - Parameters:
    ///   - name: the prompt's.
    ///   - template: what is asked; it ends with the answer's slot.
    ///   - train: what is learned from.
    ///   - dev: what the best step is chosen by; none to keep the last.
    ///   - limit: how many positions prompt and text may take together.
    ///   - pretrained: the model, a causal one.
    ///   - run: where to report, and when to stop.
    /// - Throws: ``PromptError``, ``TemplateError``, `DatasetError` for a row without the field.
    public func fit(
        named name: String, _ template: Template, _ train: Dataset, dev: Dataset?, limit: Int = 512,
        to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        let setup = try setup(template, limit: limit, pretrained)
        let encoder = try TextEncoder(setup.template, settings, room: setup.room, pretrained)
        func pairs(_ rows: Dataset) throws -> [[TargetText]] {
            try rows.examples.indices.map { try encoder.pairs(rows.examples[$0], named: rows.place(of: $0)) }
        }
        let objective = TextObjective(pretrained.model, tensors: setup.parts.tensors)
        func readOnce(_ rows: [TargetText]) throws -> [TargetText] {
            try setup.readInputsOnce(setup.readOnce(rows, objective, head: NamedTensors()))
        }
        let held = try readOnce(dev.map { try pairs($0).compactMap(\.first) } ?? [])
        let (learned, rate) = try setup.learn(
            objective, readOnce(pairs(train).flatMap(\.self)), head: NamedTensors(), run,
            evaluate: held.isEmpty ? nil : { objective.score(held, .inference($0)) })
        var manifest = try setup.manifest(named: name, rate: rate)
        manifest.texts = settings
        return Prompt(manifest: manifest, tensors: learned)
    }

    /// The template as it is, with nothing trained: what a trained prompt is compared with.
    public static func untaught(
        named name: String, _ template: Template, _ settings: TextSettings, limit: Int = 512,
        _ pretrained: PretrainedModel
    ) throws -> Prompt {
        var manifest = PromptManifest(
            name: name, method: "hard", template: template, verbalizer: try .unread, rule: .sum,
            readout: .text,
            limit: limit, shortening: .tail, model: pretrained.identity, tokenizer: pretrained.tokenizerProbe,
            probe: [], settings: [:], measurements: [:])
        manifest.texts = settings
        return Prompt(manifest: manifest, tensors: NamedTensors())
    }

    func setup(_ template: Template, limit: Int, _ pretrained: PretrainedModel) throws -> ReadoutSetup {
        guard settings.tokenLimit >= 2 else {
            throw PromptError.badSetting(
                name: "the length of a text", value: "\(settings.tokenLimit)", allowed: "at least 2 tokens")
        }
        return try ReadoutSetup(choice, .text, asking: template, limit: limit, pretrained)
    }
}
