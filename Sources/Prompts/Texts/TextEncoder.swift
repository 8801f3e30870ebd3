internal import Datasets
internal import Models
internal import Tokenizers

/// Makes rows of a table-to-text task: a template filled by an example, and the texts that should follow.
struct TextEncoder: Sendable {
    let prompts: PromptEncoder
    private let settings: TextSettings
    private let words: WordInspection
    private let end: Int32?

    /// - Parameters:
    ///   - template: what is asked; its answer slot is the last.
    ///   - room: how many positions prompt and text may take together.
    /// - Throws: ``PromptError`` for a model that does not read left to right, or text behind the answer;
    ///   ``TemplateError``.
    init(
        _ template: Template, _ settings: TextSettings, room: Int, shortening: Shortening = .tail,
        _ pretrained: PretrainedModel
    ) throws {
        guard pretrained.model.traits.isCausal else {
            throw PromptError.unsupportedModel(
                method: "the readout text", reason: "a masked model does not write; take a causal one")
        }
        guard case .answer = template.parts.last else {
            throw PromptError.badSetting(
                name: "the template of a text", value: "'\(template.source)'",
                allowed: "one that ends with {answer}")
        }
        prompts = try PromptEncoder(
            template, pretrained.tokenizer, limit: room, kind: .causal, longestAnswer: settings.tokenLimit,
            shortening: shortening)
        self.settings = settings
        words = WordInspection(template, pretrained.tokenizer, .causal)
        end = pretrained.tokenizer.specialTokens.end ?? pretrained.tokenizer.plainTokens(of: "\n").first
    }

    /// The texts that should follow an example: its target field, a list of texts or one text.
    func targets(_ example: Example, named name: String) throws -> [String] {
        guard let field = example.fields[settings.target] else {
            throw DatasetError.notAList(field: settings.target, row: name)
        }
        let texts = (try? example.list(settings.target)) ?? [field]
        let written = texts.filter { !$0.allSatisfy(\.isWhitespace) }
        guard !written.isEmpty else { throw PromptError.emptyTarget(row: name, field: settings.target) }
        return written
    }

    /// A pair of prompt and text for each target of an example.
    func pairs(_ example: Example, named name: String) throws -> [TargetText] {
        let rows = try prompts.encode(example).before
        return try targets(example, named: name).map { text in
            let tokens = words.answer(text).prefix(max(0, settings.tokenLimit - 1)) + [end].compactMap(\.self)
            guard !tokens.isEmpty else { throw PromptError.emptyTarget(row: name, field: settings.target) }
            return TargetText(prompt: rows, target: Array(tokens))
        }
    }
}
