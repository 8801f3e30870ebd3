import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// A row with an answer of its own, as JSON has it.
struct ReadoutAnswer: Encodable {
    /// A name that the tags of a row spell.
    struct Entity: Encodable {
        let kind: String
        let text: String
        /// Its words, counted from 0; `end` is behind the last.
        let start: Int
        let end: Int
    }

    let id: String?
    let fields: [String: String]
    /// The span or the text; nil for tags.
    let answer: String?
    let tags: [String]?
    let entities: [Entity]?
    /// Where the span begins in its context, in code points.
    let start: Int?
    let score: Float?
    /// Why the text ended.
    let end: String?
    let tokensCut: Int

    init(_ example: Example, _ given: RowAnswer, _ prompt: Prompt) {
        let names = prompt.readout.fields(prompt.manifest.template)
        id = example.id
        fields = example.fields.filter { names.contains($0.key) }
        tags = given.tags
        answer = given.tags == nil ? given.text : nil
        entities = given.tags.map { tags in
            let words = (try? example.list("tokens")) ?? []
            return EntitySpan.spans(tags).map { span in
                Entity(
                    kind: span.kind,
                    text: words[span.tokens].joined(separator: words.contains(" ") ? "" : " "),
                    start: span.tokens.lowerBound, end: span.tokens.upperBound)
            }
        }
        (start, score, end, tokensCut) = (given.start, given.score, given.end?.rawValue, given.tokensCut)
    }

    /// One line for people: the names, the span or the text, and what was asked.
    var text: String {
        let said =
            entities.map { $0.map { "\($0.kind): \($0.text)" }.joined(separator: "; ") } ?? answer ?? ""
        let words = fields["tokens"].flatMap { try? Example(fields: ["tokens": $0]).list("tokens") }
        let asked =
            fields["text_b"] ?? words?.joined(separator: " ")
            ?? fields.sorted { $0.key < $1.key }
            .map(\.value).joined(separator: " | ")
        return said.onOneLine + "\t" + asked.onOneLine
    }

    /// One line of JSON with its end.
    func line(of command: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(JSONDocument(command: command, content: self))
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}

extension String {
    fileprivate var onOneLine: String {
        split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: " ")
    }
}
