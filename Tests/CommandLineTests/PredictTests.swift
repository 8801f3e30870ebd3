import Foundation
import Testing

@Suite struct PredictTests {
    @Test func `several prompts answer by vote, measured as they are used`() throws {
        let place = try Workplace()
        try place.writeRows()
        for seed in 0..<3 {
            #expect(
                try place.train("seed\(seed)", ["--seed", "\(seed)", "--quiet", "--rate", "0.3"]).status == 0)
        }
        func answers(_ options: String...) throws -> [[String: Any]] {
            let outcome = try place.cloze("predict", options + ["--file", "test.jsonl", "--json"])
            #expect(outcome.status == 0, "\(outcome.messages)")
            return try outcome.json()["predictions"] as? [[String: Any]] ?? []
        }
        let alone = try (0..<3).map { try answers("--prompt", "seed\($0)").map { $0["label"] as? String } }
        let together = try answers("--prompt", "seed0", "--vote-with", "seed1", "--vote-with", "seed2")
        #expect(!together.isEmpty && together.count == alone[0].count)
        for (row, answer) in together.enumerated() {
            let voices = alone.map { $0[row] }
            #expect(voices.count { $0 == answer["label"] as? String } >= 2)
        }
        let judged = try place.cloze(
            "evaluate",
            [
                "--prompt", "seed0", "--vote-with", "seed1", "--vote-with", "seed2", "--data", "test.jsonl",
                "--json",
            ])
        #expect(judged.status == 0, "\(judged.messages)")
        #expect(judged.output.contains(" (2) + "), "\(judged.output)")
        let refused = try place.cloze(
            "evaluate",
            ["--prompt", "seed0", "--vote-with", "seed1", "--data", "test.jsonl", "--save", "both"])
        #expect(refused.status == 64 && refused.messages.contains("--save keeps one prompt"))
        let corrected = try place.cloze(
            "predict", ["--prompt", "seed0", "--vote-with", "seed1", "--calibrate", "contextual", "a text"])
        #expect(corrected.status == 64 && corrected.messages.contains("--vote-with goes without"))
    }

    @Test func `empty lines are told, and a byte order mark is no text`() throws {
        let place = try Workplace()
        func predict(_ text: String) throws -> Program.Outcome {
            try place.cloze("predict", Workplace.question, input: Data(text.utf8))
        }
        let plain = try predict("a joy\na bore\n")
        let odd = try predict("\u{FEFF}a joy\r\n\n  \na bore\n")
        #expect(odd.output == plain.output && plain.output.split(separator: "\n").count == 2)
        #expect(odd.messages.contains("2 empty lines were left out"))
        #expect(!plain.messages.contains("empty"))
    }

    @Test func `texts, lines, a file and standard input give the same answers`() throws {
        let place = try Workplace()
        let texts = ["a gem of a film", "맛있고 친절해요", "a dull and tired film"]
        let argued = try place.cloze("predict", Workplace.question + texts)
        #expect(argued.status == 0)
        #expect(argued.messages.isEmpty)
        try place.write("lines.txt", texts.joined(separator: "\n"))
        try place.write("rows.jsonl", texts.map { "{\"text\":\"\($0)\"}\n" }.joined())
        try place.write("rows.csv", "text\n" + texts.joined(separator: "\n") + "\n")
        for file in ["lines.txt", "rows.jsonl", "rows.csv"] {
            #expect(
                try place.cloze("predict", Workplace.question + ["--file", file]).output == argued.output)
        }
        let piped = try place.cloze(
            "predict", Workplace.question, input: Data(texts.joined(separator: "\n").utf8))
        #expect(piped.output == argued.output)
    }

    @Test func `a line is a label, its probability and the text`() throws {
        let outcome = try Workplace().cloze("predict", Workplace.question + ["a gem\tof a\nfilm"])
        let parts = outcome.output.split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(parts.count == 1)
        #expect(parts[0].count == 3)
        #expect(["negative", "positive"].contains(parts[0][0]))
        #expect((0.5...1).contains(Double(parts[0][1]) ?? 0))
        #expect(parts[0][2] == "a gem of a film")
    }

    @Test func `json has every label's probability`() throws {
        let place = try Workplace()
        let document = try place.cloze("predict", Workplace.question + ["--json", "a gem", "a mess"]).json()
        let rows = document["predictions"] as? [[String: Any]] ?? []
        #expect(document["schema"] as? Int == 1)
        #expect(rows.count == 2)
        for row in rows {
            let probabilities = row["probabilities"] as? [String: Double] ?? [:]
            #expect(Set(probabilities.keys) == ["negative", "positive"])
            #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-5)
        }
    }

    @Test func `jsonl is one document a row`() throws {
        let outcome = try Workplace().cloze("predict", Workplace.question + ["--jsonl", "a gem", "a mess"])
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines {
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(row?["label"] is String)
        }
    }

    @Test func `a folder that PEFT wrote answers with a template and words of the command line`() throws {
        let place = try Workplace()
        try place.writeRows()
        #expect(try place.train("learned").status == 0)
        let own = try place.cloze("predict", ["--prompt", "learned", "a gem", "a mess"])
        try FileManager.default.removeItem(at: place.folder.appendingPathComponent("learned/cloze.json"))
        let adopted = try place.cloze(
            "predict", ["--prompt", "learned"] + Workplace.question + ["a gem", "a mess"])
        #expect(adopted.status == 0)
        #expect(adopted.output == own.output)
        let mute = try place.cloze("predict", ["--prompt", "learned", "a gem"])
        #expect(mute.status == 64)
        #expect(mute.messages.contains("--template"))
    }

    @Test func `columns are mapped to the template's fields`() throws {
        let place = try Workplace()
        try place.write("rows.csv", "review,stars\na gem,5\n")
        let outcome = try place.cloze(
            "predict", Workplace.question + ["--file", "rows.csv", "--columns", "text=review"])
        #expect(try outcome.output == place.cloze("predict", Workplace.question + ["a gem"]).output)
    }

    @Test func `a row that lacks a field is named by its line`() throws {
        let place = try Workplace()
        try place.write("rows.jsonl", "{\"text\":\"a gem\"}\n{\"txt\":\"a mess\"}\n")
        let outcome = try place.cloze("predict", Workplace.question + ["--file", "rows.jsonl"])
        #expect(outcome.status == 65)
        #expect(outcome.messages.contains("rows.jsonl:2:"))
    }

    @Test func `a rule that cannot score the words is refused before any row is read`() throws {
        let place = try Workplace()
        let outcome = try place.cloze(
            "predict",
            ["--template", "{text} It was {answer}.", "--words", "negative=terrible|bad,positive=great"]
                + ["--rule", "single-word", "a gem"])
        #expect(outcome.status == 64)
        #expect(outcome.messages.contains("single-word"))
    }
}
