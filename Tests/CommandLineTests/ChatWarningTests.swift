import Foundation
import Testing

/// A raw prompt on a model for chats is compared with the same question in a turn.
@Suite struct ChatWarningTests {
    /// Words whose labels differ with and without a turn, with what each way answers.
    private static func differing(
        _ place: Workplace, _ model: URL
    ) throws -> [(text: String, raw: String, chat: String)] {
        let texts = (0..<60).map { "\(["a", "the", "one"][$0 % 3]) film \($0) of \($0 * 7 % 11)" }
        func labels(_ more: [String]) throws -> [String] {
            let outcome = try place.cloze("predict", on: model, question + ["--jsonl"] + more + texts)
            return try outcome.output.split(separator: "\n").map {
                let row = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                return row?["label"] as? String ?? ""
            }
        }
        return zip(texts, zip(try labels([]), try labels(["--chat"]))).filter { $1.0 != $1.1 }
            .map { ($0, $1.0, $1.1) }
    }

    private static let question = [
        "--template", "{text} It was {answer}", "--words", "negative=terrible,positive=great",
    ]

    @Test func `worse answers than in a turn are told, and better ones are not`() throws {
        let place = try Workplace()
        let model = try place.copyModel("chatty")
        try place.write(
            "chatty/chat_template.jinja",
            "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}<|assistant|>")
        let rows = try Self.differing(place, model)
        // Six rows that one way has right and the other wrong are more than chance.
        try #require(rows.count >= 6)
        func messages(_ label: (_ raw: String, _ chat: String) -> String, _ more: [String] = []) throws
            -> String
        {
            let lines = rows.map { #"{"text":"\#($0.text)","label":"\#(label($0.raw, $0.chat))"}"# }
            try place.write("test.jsonl", lines.joined(separator: "\n") + "\n")
            return try place.cloze("evaluate", on: model, Self.question + ["--data", "test.jsonl"] + more)
                .messages
        }
        let worse = try messages { $1 }
        #expect(worse.contains("within the model's chat template, 100.0 % of the first \(rows.count) rows"))
        #expect(worse.contains("against 0.0 % as asked here"))
        #expect(try !messages { raw, _ in raw }.contains("chat template"))
        #expect(try !messages({ $1 }, ["--chat"]).contains("try --chat"))
    }
}
