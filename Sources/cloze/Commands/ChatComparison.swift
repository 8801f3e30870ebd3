import Datasets
import Models
import Prompts
import Tokenizers

/// What the same question within the model's own chat template would have given.
///
/// Instruct models have mostly met questions within turns, and a raw prompt may score worse without a word. So the first
/// rows are asked both ways, and a difference that chance hardly makes is told.
struct ChatComparison {
    /// How many rows are asked at most.
    static let rowLimit = 64
    /// Below which probability of chance a difference is told.
    private static let chance = 0.05

    private let rows: Int
    private let raw: Double
    private let chat: Double
    private let probability: Double

    /// Asks the first rows again within a user's turn; nil where the model has no chat template that can be read, or
    /// the template cannot stand in a turn.
    ///
    /// - Parameter answers: the answers of the raw prompt to the rows of `dataset`, in their order.
    init?(
        _ raw: Prompt, _ answers: [Prediction], _ dataset: Dataset, _ pretrained: PretrainedModel
    ) throws {
        let manifest = raw.manifest
        guard let turn = try? pretrained.chatTemplate?.turn(),
            let template = try? manifest.template.asUserMessage(in: turn, pretrained.tokenizer)
        else { return nil }
        let task = PromptTask(
            name: manifest.name, template: template, verbalizer: manifest.verbalizer, limit: manifest.limit,
            shortening: manifest.shortening)
        let prompt = try Prompt.hard(task, pretrained, rule: manifest.rule)
        let asked = Array(dataset.examples.prefix(Self.rowLimit))
        let within = try Predictor([prompt], pretrained).predict(asked, with: prompt.id)
        let rights = [answers, within].map { zip($0, asked).map { $0.label == $1.label } }
        let test = try McNemar(first: rights[0], second: rights[1])
        rows = asked.count
        self.raw = Double(rights[0].count(where: \.self)) / Double(max(1, rows))
        chat = Double(rights[1].count(where: \.self)) / Double(max(1, rows))
        probability = test.probability
    }

    /// What to say; nil where the raw prompt is as good as far as these rows tell.
    var warning: String? {
        guard chat > raw, probability < Self.chance else { return nil }
        return
            "within the model's chat template, \(Figures.percent(chat)) of the first \(rows) rows are answered "
            + "rightly, against \(Figures.percent(raw)) as asked here (\(Figures.probability(probability))); try --chat"
    }
}
