import Datasets
import Prompts

/// A row with its answer, as JSON has it.
struct AnsweredRow: Encodable {
    let id: String?
    let fields: [String: String]
    let label: String
    let probability: Double
    /// The probability of every label.
    let probabilities: [String: Double]
    /// The right label, where the row has one.
    let expected: String?
    /// How many tokens were cut to fit.
    let tokensCut: Int
    /// Whether the prompt would rather not answer; see `--abstain`.
    let isWithheld: Bool
    /// The fields in the template's order, on one line.
    let line: String

    private enum CodingKeys: String, CodingKey {
        case id, fields, label, probability, probabilities, expected, tokensCut, isWithheld
    }

    init(_ example: Example, _ prediction: Prediction, _ prompt: Prompt) {
        let names = prompt.manifest.template.fieldNames
        id = example.id
        fields = example.fields.filter { names.contains($0.key) }
        label = prediction.label
        let pairs = zip(prediction.labels, prediction.probabilities.map(Double.init))
        probabilities = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        probability = probabilities[prediction.label] ?? 0
        expected = example.label
        tokensCut = prediction.tokensCut
        isWithheld = prediction.isWithheld
        line = names.compactMap { example.fields[$0] }.joined(separator: " | ")
            .split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: " ")
    }
}
