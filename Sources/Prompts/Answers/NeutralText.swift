internal import Datasets
internal import Synchronization
internal import Tokenizers

/// The text without the question behind which answers are scored once more, for ``ScoringRule/mutualInformation``
/// and ``ScoringRule/domainMutualInformation``.
struct NeutralText: Sendable {
    /// Nil where there is no text at all, only what starts a sequence.
    private let encoder: PromptEncoder?
    private let start: [PromptRow]

    /// - Parameters:
    ///   - written: the text that the user gives; fields may stand in it.
    ///   - rule: decides what is taken where nothing is given: nothing (lm-eval's `acc_mutual_info`: the token that
    ///     starts a sequence, or else the one that ends one), or the template's own words in front of the answer
    ///     (the domain premise of Holtzman et al. 2021, §3).
    /// - Throws: ``VerbalizerError/ruleCannotScore(_:reason:)``, ``TemplateError``.
    init(
        _ written: Template?, _ rule: ScoringRule, of template: Template, _ tokenizer: any Tokenizer,
        limit: Int
    ) throws {
        let tail = String(template.layout.wordsBeforeAnswer.drop(while: \.isWhitespace))
        let source = written?.source ?? (rule == .domainMutualInformation ? Template.escaping(tail) : "")
        guard !source.isEmpty else {
            let special = tokenizer.specialTokens
            let first =
                tokenizer.framing.prefix.isEmpty
                ? [special.beginning ?? special.end].compactMap(\.self) : tokenizer.framing.prefix
            guard rule == .mutualInformation, !first.isEmpty else {
                throw VerbalizerError.ruleCannotScore(
                    rule, reason: "the template has no words in front of the answer; give a neutral text")
            }
            (encoder, start) = (nil, first.map(PromptRow.token))
            return
        }
        let asked =
            try written?.parts.contains(where: \.isAnswer) == true
            ? Template(source) : Template(source + "{answer}")
        encoder = try PromptEncoder(asked, tokenizer, limit: limit, kind: .causal)
        start = []
    }

    /// The rows in front of an answer.
    func rows(for example: Example) throws -> [PromptRow] { try encoder?.encode(example).before ?? start }
}

extension TemplatePart {
    /// Whether it is where the answer stands.
    fileprivate var isAnswer: Bool { if case .answer = self { true } else { false } }
}

/// Words' scores behind neutral texts, each computed once.
final class NeutralScores: Sendable {
    private let known = Mutex<[[PromptRow]: [[Float]]]>([:])

    /// The steps of the words behind each text; those not known yet are computed together.
    func scores(
        _ texts: [[PromptRow]], compute: ([[PromptRow]]) -> [[[Float]]]
    ) -> [[PromptRow]: [[Float]]] {
        let before = known.withLock { $0 }
        let fresh = texts.filter { before[$0] == nil }
        guard !fresh.isEmpty else { return before }
        let computed = Dictionary(zip(fresh, compute(fresh)), uniquingKeysWith: { first, _ in first })
        return known.withLock { known in
            known.merge(computed) { first, _ in first }
            return known
        }
    }
}
