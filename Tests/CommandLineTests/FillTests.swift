import Foundation
import TestSupport
import Testing

@Suite struct FillTests {
    @Test func `the next tokens and their probabilities are the reference's`() throws {
        let golden = try Golden("command_line/next_tokens")
        let texts = try JSONDecoder().decode([String].self, from: Data((golden.metadata["texts"] ?? "").utf8))
        let place = try Workplace()
        for (index, text) in texts.enumerated() {
            let scores = try golden.floats("\(index).scores")
            let document = try place.cloze("fill", ["\(text){answer}", "--top", "5", "--json"]).json()
            let answers = document["answers"] as? [[String: Any]] ?? []
            #expect(answers.count == 5)
            let best = scores.indices.sorted { scores[$0] > scores[$1] }
            for (place, answer) in answers.enumerated() {
                #expect((answer["tokens"] as? [Int]) == [best[place]])
                let found = answer["logProbability"] as? Double ?? 0
                #expect(abs(found - Double(scores[best[place]])) < 1e-4)
            }
            #expect(document["tokens"] as? Int == (try golden.integers("\(index).ids").count))
        }
    }

    @Test func `a word of several tokens has the product of their probabilities`() throws {
        let place = try Workplace()
        let document = try place.cloze("fill", ["It was{answer}", "--words", "xy", "--json"]).json()
        let answer = (document["answers"] as? [[String: Any]])?.first ?? [:]
        let tokens = answer["tokens"] as? [Int] ?? []
        #expect(tokens.count == 2)
        let first = try place.cloze("fill", ["It was{answer}", "--top", "400", "--json"]).json()
        let second = try place.cloze("fill", ["It wasx{answer}", "--top", "400", "--json"]).json()
        func probability(_ document: [String: Any], _ token: Int) -> Double {
            let answers = document["answers"] as? [[String: Any]] ?? []
            return answers.first { $0["tokens"] as? [Int] == [token] }?["probability"] as? Double ?? 0
        }
        let product = probability(first, tokens[0]) * probability(second, tokens[1])
        #expect(product > 0)
        #expect(abs((answer["probability"] as? Double ?? 0) / product - 1) < 1e-3)
        #expect(abs((answer["share"] as? Double ?? 0) - 1) < 1e-9)
    }

    @Test func `in a conversation the template is a user's turn, and its tokens are the conversation's`()
        throws
    {
        let place = try Workplace()
        let model = place.folder.appendingPathComponent("chatty")
        try FileManager.default.copyItem(at: Workplace.model, to: model)
        let source = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}<|assistant|>"
        try place.write("chatty/chat_template.jinja", source)
        let words = ["--words", "great,terrible", "--json"]
        let chat = try place.cloze(
            "fill", on: model, ["--chat", "{text} It was {answer}", "text=a gem"] + words
        ).json()
        let plain = try place.cloze(
            "fill", on: model, ["<|user|>{text} It was\\n<|assistant|>{answer}", "text=a gem"] + words
        ).json()
        #expect(chat["prompt"] as? String == "<|user|>a gem It was\n<|assistant|>____")
        func scores(_ document: [String: Any]) -> [Double] {
            (document["answers"] as? [[String: Any]] ?? []).compactMap { $0["probability"] as? Double }
        }
        #expect(scores(chat).count == 2 && scores(chat) == scores(plain))
        try place.write("chatty/chat_template.jinja", "\n{{ messages | groupby('role') }}")
        let refused = try place.cloze("fill", on: model, ["--chat", "a {answer}"])
        #expect(
            refused.status == 78 && refused.messages.contains("the filter 'groupby' at line 2, column 13"))
    }

    @Test func `the shares of words add up to one`() throws {
        let document = try Workplace().cloze(
            "fill", ["{text} It was {answer}.", "text=a gem", "--words", "great,terrible,dull", "--json"]
        ).json()
        let shares = (document["answers"] as? [[String: Any]] ?? []).compactMap { $0["share"] as? Double }
        #expect(shares.count == 3)
        #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
        #expect(document["prompt"] as? String == "a gem It was ____.")
    }

    @Test func `templates are read line by line where none is given`() throws {
        let lines = """
            {text} It was {answer}
            """
        let place = try Workplace()
        let input =
            ":set text=a gem\n" + lines + "\n:words great,terrible\n:top 1\n:quit\nnever read {answer}\n"
        let outcome = try place.cloze("fill", ["--json"], input: Data(input.utf8))
        #expect(outcome.status == 0)
        let documents = try outcome.output.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
        #expect(documents.count == 3)
        #expect((documents[0]["answers"] as? [Any])?.count == 10)
        #expect((documents[1]["answers"] as? [Any])?.count == 2)
        #expect((documents[2]["answers"] as? [Any])?.count == 1)
    }

    @Test func `the picture of answers is as it was read`() throws {
        let place = try Workplace()
        let outcome = try place.cloze(
            "fill", ["{text} It was {answer}.", "text=a gem", "--words", "positive=great,negative=terrible"])
        try Snapshots.expect(outcome.output, named: "output/fill", in: place)
        try Snapshots.expect(outcome.messages, named: "output/fill-messages", in: place)
    }
}
