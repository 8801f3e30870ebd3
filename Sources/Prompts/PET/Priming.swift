package import Datasets
package import Models
internal import Tensors
internal import Tokenizers

/// Priming with unlabelled text: some texts, put through the pattern with the answer left open, stand in front of every
/// question, so that the model sees what the task's texts look like and where the answer goes.
///
/// PET's code primes with texts in the pattern too (`encode(priming:labeled:)`), and only where it asks. Where we differ:
/// the texts need no labels, so that it works without any, and a model is tuned with them as it is asked with them.
package struct Priming {
    private let pretrained: PretrainedModel
    private let template: Template
    /// How many positions a prompt may have.
    private let limit: Int

    package init(_ template: Template, _ pretrained: PretrainedModel, limit: Int) throws {
        guard !pretrained.model.traits.isCausal else {
            throw PromptError.unsupportedModel(
                method: "priming with unlabelled text",
                reason:
                    "\(pretrained.name) is a causal model, which has no mask to leave open; leave priming away"
            )
        }
        if case .special? = template.parts.first {
            throw PromptError.badSetting(
                name: "a pattern that is primed", value: "'\(template.source)'",
                allowed: "one that does not begin with a special token")
        }
        self.pretrained = pretrained
        self.template = template
        self.limit = limit
    }

    /// The template behind texts drawn from `rows`.
    ///
    /// Texts that would take more than half of the limit are left out, the last drawn first.
    /// - Returns: the template, and how many texts stand in it.
    package func primed(with rows: [Example], count: Int, seed: UInt64) throws -> (
        template: Template, count: Int
    ) {
        var random = CounterRandom(seed: seed, stream: 31)
        let order = rows.indices.map { (key: random.next(), row: $0) }.sorted { $0.key < $1.key }
        var (texts, tokens) = ([String](), 0)
        for (_, row) in order.prefix(count) {
            let pieces = try template.render(rows[row]).pieces
            let text = text(of: pieces)
            tokens += positions(of: pieces)
            guard tokens <= limit / 2 else { break }
            texts.append(text)
        }
        let front = texts.map { $0 + " " }.joined()
        return (try Template(front + template.printed), texts.count)
    }

    /// About how many positions a text takes.
    private func positions(of pieces: [RenderedPiece]) -> Int {
        pieces.reduce(0) { sum, piece in
            guard case .run(let segments) = piece else { return sum + 1 }
            return sum + pretrained.tokenizer.plainTokens(of: segments.map(\.text).joined()).count
        }
    }

    /// A row in the pattern, in the templates' grammar; soft rows and special tokens are left out.
    private func text(of pieces: [RenderedPiece]) -> String {
        pieces.map { piece in
            switch piece {
            case .run(let segments): Template.escaping(segments.map(\.text).joined())
            // A mask takes the space in front of it with it, as the answer's slot does.
            case .answer(let masks): String(repeating: "{special mask}", count: masks ?? 1)
            case .special: " "
            case .soft: ""
            }
        }.joined()
    }
}
