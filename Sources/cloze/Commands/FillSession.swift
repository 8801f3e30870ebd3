import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import Tokenizers

/// What stays between two templates: fields, words, how many answers are shown.
struct FillSession {
    var top: Int
    var words: Verbalizer?
    /// Whether templates are put within a conversation.
    var chat: ChatOption?
    private(set) var fields: [String: String] = [:]

    init(top: Int, words: Verbalizer?) {
        self.top = top
        self.words = words
    }

    /// The names of the fields that are set.
    var fieldNames: [String] { fields.keys.sorted() }

    /// Sets a field as `name=value`.
    mutating func setField(_ assignment: String) throws {
        let sides = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].trimmingCharacters(in: .whitespaces).isEmpty else {
            throw UsageError("'\(assignment)' sets no field; write name=value, such as text='a gem'")
        }
        fields[String(sides[0]).trimmed] = String(sides[1])
    }

    /// The most likely answers of a template with these fields.
    func fill(_ template: Template, _ pretrained: PretrainedModel) throws -> FillReport {
        guard !template.hasSoftRows else {
            throw UsageError("soft rows are trained, not written; leave {soft …} away, or use cloze train")
        }
        try template.check(fields: fieldNames)
        let template = try chat?.asked(template, pretrained) ?? template
        let example = Example(fields: fields)
        let kind = try pretrained.promptKind()
        let encoded = try words.map {
            try EncodedVerbalizer($0, behind: template, pretrained.tokenizer, kind: kind)
        }
        let encoder = try PromptEncoder(
            template, pretrained.tokenizer, limit: pretrained.model.traits.contextLength, kind: kind,
            longestAnswer: encoded?.longestAnswer ?? 1)
        let prompt = try encoder.encode(example)
        let slots =
            try encoded.map { [try score($0, prompt, template, pretrained)] } ?? tokens(prompt, pretrained)
        var notes = encoded?.findings.map(\.description) ?? []
        if encoded == nil, kind == .causal, !prompt.after.isEmpty {
            notes.append(
                "the text behind the slot is not seen by the next-token scores; --words scores the whole text"
            )
        }
        return FillReport(
            template: template.source, prompt: try template.render(example).text(answer: "____"),
            tokens: prompt.before.count, tokensBehind: prompt.after.count,
            slots: slots.map { Array($0.prefix(top)) }, notes: notes)
    }

    /// Every word's probability over the whole vocabulary, and its share among the words.
    private func score(
        _ words: EncodedVerbalizer, _ prompt: EncodedPrompt, _ template: Template,
        _ pretrained: PretrainedModel
    ) throws -> [FillReport.Answer] {
        let pass = Pass.inference(pretrained.weights)
        let scores =
            prompt.kind == .causal
            ? AnswerScorer(pretrained.model, words).answerScores([prompt], soft: nil, pass)
            : try MaskedScorer(pretrained.model, words, masks: template.fixedMasks)
                .answerScores([prompt], PromptTensors(), pass)
        let sums = (scores.first?.steps ?? []).map { $0.reduce(0) { $0 + Double($1) } }
        let top = sums.max() ?? 0
        let total = sums.reduce(0) { $0 + exp($1 - top) }
        return zip(words.words, sums).map { word, sum in
            FillReport.Answer(
                text: word.text, tokens: word.tokens, probability: exp(sum), logProbability: sum,
                share: exp(sum - top) / total, label: words.labels[word.label])
        }.sorted { $0.logProbability > $1.logProbability }
    }

    /// The most likely tokens at each readout: the next one of a causal model, those at each mask of a masked one.
    private func tokens(_ prompt: EncodedPrompt, _ pretrained: PretrainedModel) -> [[FillReport.Answer]] {
        let pass = Pass.inference(pretrained.weights)
        let request = PackedPrompts.Request(
            prompt: prompt.rows, question: .rows(prompt.readouts), separator: prompt.separator)
        let input = PackedPrompts([request]).input(pretrained.model, soft: nil, pass)
        let scores = pretrained.model.logits(input, pass).logSoftmax()
        return prompt.readouts.indices.map { best(scores.rows($0..<$0 + 1).floats, pretrained) }
    }

    private func best(_ row: [Float], _ pretrained: PretrainedModel) -> [FillReport.Answer] {
        let scores = row.prefix(pretrained.tokenizer.vocabularySize)
        let best = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(top)
        return best.map { index in
            let text = pretrained.tokenizer.decode([Int32(index)])
            return FillReport.Answer(
                text: text.isEmpty ? pretrained.tokenizer.piece(for: Int32(index)) ?? "" : text,
                tokens: [Int32(index)],
                probability: exp(Double(scores[index])), logProbability: Double(scores[index]), share: nil,
                label: nil)
        }
    }
}

/// The answers to one template, for people and as JSON.
struct FillReport: Encodable {
    struct Answer: Encodable {
        let text: String
        let tokens: [Int32]
        /// Of the whole vocabulary; a word of several tokens has the product of theirs.
        let probability: Double
        /// The natural logarithm of it.
        let logProbability: Double
        /// The probability among the words that were asked for.
        let share: Double?
        let label: String?
    }

    let template: String
    /// The prompt with `____` in the slot.
    let prompt: String
    /// How many rows stand in front of the slot, and how many behind it.
    let tokens: Int
    let tokensBehind: Int
    /// Those in the slot; where it has several masks, those at the first.
    let answers: [Answer]
    /// Where the slot has several masks, the answers at each.
    let masks: [[Answer]]?
    let notes: [String]

    init(
        template: String, prompt: String, tokens: Int, tokensBehind: Int, slots: [[Answer]], notes: [String]
    ) {
        self.template = template
        self.prompt = prompt
        self.tokens = tokens
        self.tokensBehind = tokensBehind
        answers = slots.first ?? []
        masks = slots.count > 1 ? slots : nil
        self.notes = notes
    }

    private static let barWidth = 24

    /// The prompt, its length, the answers with bars.
    var text: String {
        let behind = tokensBehind > 0 ? " in front of the slot, \(tokensBehind) behind it" : ""
        let head = "\(prompt)\n\(tokens) token\(tokens == 1 ? "" : "s")\(behind)\n\n"
        guard let masks else { return head + Self.table(answers) }
        let tables = masks.enumerated().map { "mask \($0 + 1) of \(masks.count)\n" + Self.table($1) }
        return head + tables.joined(separator: "\n\n")
    }

    private static func table(_ answers: [Answer]) -> String {
        let hasShares = answers.contains { $0.share != nil }
        var table = Table(
            ["answer", "probability"] + (hasShares ? ["share", "label"] : []) + [""],
            [.left, .right] + (hasShares ? [.right, .left] : []) + [.left])
        for answer in answers {
            let share = answer.share.map { [Figures.percent($0), answer.label ?? ""] } ?? []
            let length = Int((Double(barWidth) * (answer.share ?? answer.probability)).rounded())
            table.add(
                [answer.text.quoted, probability(answer.probability)] + share
                    + [String(repeating: "█", count: length)])
        }
        return table.lines(Terminal(1))
    }

    /// Small probabilities need their power of ten.
    private static func probability(_ value: Double) -> String {
        value >= 0.0001 || value == 0 ? Figures.decimal(value, 4) : String(format: "%.1e", value)
    }
}
