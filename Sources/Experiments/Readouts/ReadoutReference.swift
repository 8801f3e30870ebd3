internal import Datasets
internal import Foundation
internal import Prompts

/// What can be answered without any model: the reference rows of readouts that have no majority class.
enum ReadoutReference {
    /// What the row of a table is called; nil for texts, which are compared with the template alone.
    static func name(_ readout: Readout) -> String? {
        switch readout {
        case .tagger: "tags of seen words"
        case .span: "nearest sentence"
        default: nil
        }
    }

    /// The answers to rows.
    static func answers(_ readout: Readout, _ train: [Example], _ rows: [Example]) throws -> [String] {
        readout == .tagger ? try tags(train, rows) : rows.map(sentence)
    }

    /// Every word gets the tag that it has most often in the train rows, `O` where it is in none.
    private static func tags(_ train: [Example], _ rows: [Example]) throws -> [String] {
        var counts: [String: [String: Int]] = [:]
        for row in train {
            for (word, tag) in zip(try row.list("tokens"), try row.list("tags")) {
                counts[word, default: [:]][tag, default: 0] += 1
            }
        }
        let best = counts.mapValues { tags in tags.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "O"
        }
        return try rows.map { row in
            try row.list("tokens").map { best[$0] ?? "O" }.joined(separator: " ")
        }
    }

    /// The sentence of the context that shares most words with the question, the first of equals.
    private static func sentence(_ row: Example) -> String {
        let question = Set(AnswerText.words(row.fields["text_b"] ?? ""))
        let sentences = (row.fields["text"] ?? "").components(separatedBy: ". ")
        let shared = sentences.map { Set(AnswerText.words($0)).intersection(question).count }
        let best = shared.indices.reduce(0) { shared[$1] > shared[$0] ? $1 : $0 }
        return sentences[best]
    }
}
