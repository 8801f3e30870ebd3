/// What happened to one example: the prompt, the answers with their probabilities, the label they mean.
public struct PipelineTrace: Hashable, Codable, Sendable {
    /// An answer that the model was asked about, or gave.
    public struct Answer: Hashable, Codable, Sendable {
        /// The answer's text.
        public let text: String
        /// Its probability, 0 to 1.
        public let probability: Float
        /// The label that it means, or nil if it means none.
        public let label: String?

        /// Makes an answer.
        public init(text: String, probability: Float, label: String?) {
            self.text = text
            self.probability = probability
            self.label = label
        }
    }

    /// The prompt as people read it, with `____` where the answer belongs.
    public let prompt: String
    /// The answers, most probable first.
    public let answers: [Answer]
    /// The label of the example, or nil if no answer means one.
    public let label: String?

    /// Puts the three steps together.
    ///
    /// The answers are texts with their probabilities, in any order; of equal ones the first stays first. The
    /// label is the one that the scoring rule chose, or else that of the most probable answer.
    public init(
        _ prompt: RenderedPrompt, answers: [(text: String, probability: Float)], _ mapping: AnswerMapping,
        label: String? = nil
    ) {
        self.prompt = prompt.text(answer: "____")
        self.answers = answers.enumerated()
            .sorted { ($1.element.probability, $0.offset) < ($0.element.probability, $1.offset) }
            .map {
                Answer(
                    text: $0.element.text, probability: $0.element.probability,
                    label: mapping.label(for: $0.element.text))
            }
        self.label = label ?? self.answers.first?.label
    }
}

extension PipelineTrace: CustomStringConvertible {
    private static let barWidth = 20

    /// The three steps, with the answers as an aligned table; wide characters count as two columns.
    public var description: String {
        let texts = answers.map { TemplatePart.quoted($0.text) }
        let width = texts.map { displayWidth(of: $0) }.max() ?? 0
        let rows = zip(answers, texts).map { answer, text in
            let bar = padded(Self.bar(answer.probability), toColumns: Self.barWidth)
            let label = answer.label.map { "→ \($0)" } ?? "→ (no label)"
            return
                "  \(padded(text, toColumns: width))  \(bar)  \(Self.percent(answer.probability))  \(label)"
        }
        let prompt = prompt.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        return (["prompt"] + prompt + ["answers"] + rows + ["label   \(label ?? "(none)")"])
            .joined(separator: "\n")
    }

    private static func share(_ probability: Float) -> Float {
        probability.isFinite ? min(1, max(0, probability)) : 0
    }

    private static func bar(_ probability: Float) -> String {
        String(repeating: "█", count: Int((share(probability) * Float(barWidth)).rounded()))
    }

    /// Six columns: ` 98.7%`.
    private static func percent(_ probability: Float) -> String {
        let tenths = Int((share(probability) * 1000).rounded())
        let number = "\(tenths / 10).\(tenths % 10)%"
        return String(repeating: " ", count: max(0, 6 - number.count)) + number
    }
}
