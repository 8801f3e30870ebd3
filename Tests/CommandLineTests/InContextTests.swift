import Foundation
import Testing

/// Examples in the prompt, corrections, choices and compiled prompts, as a user meets them.
@Suite struct InContextTests {
    private static let shown = ["--shots", "2", "--pool", "pool.jsonl"]

    private func evaluate(_ place: Workplace, _ more: [String]) throws -> Program.Outcome {
        try place.cloze("evaluate", Workplace.question + ["--data", "test.jsonl"] + more)
    }

    private func predictions(_ place: Workplace, _ file: String) throws -> [[String: Any]] {
        try String(decoding: place.contents(file), as: UTF8.self).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test func `no shots are zero-shot, and shots are counted`() throws {
        let place = try Workplace()
        try place.writeRows()
        var plain = try evaluate(place, ["--json"]).json()
        var none = try evaluate(place, ["--shots", "0", "--pool", "pool.jsonl", "--json"]).json()
        #expect((plain.removeValue(forKey: "secondsARow") as? Double ?? 0) > 0)
        none.removeValue(forKey: "secondsARow")
        #expect(plain as NSDictionary == none as NSDictionary)
        let shown = try evaluate(place, Self.shown + ["--json"]).json()
        #expect(shown["examplesShown"] as? Double == 2 && shown["examplesDropped"] as? Int == 0)
    }

    @Test func `several draws and corrections stand in one table with mean and spread`() throws {
        let place = try Workplace()
        try place.writeRows()
        let more = Self.shown + ["--demo-seeds", "0..2", "--calibrate", "contextual,batch"]
        let document = try evaluate(place, more + ["--json"]).json()
        let runs = document["runs"] as? [[String: Any]] ?? []
        #expect(
            runs.count == 9
                && runs.map { $0["calibration"] as? String ?? "" }.prefix(3) == [
                    "none", "contextual", "batch",
                ])
        let summary = document["summary"] as? [[String: Any]] ?? []
        for line in summary {
            let values = runs.filter { $0["calibration"] as? String == line["calibration"] as? String }.map {
                ($0["metrics"] as? [[String: Any]])?.first?["value"] as? Double ?? 0
            }
            #expect(values.count == 3)
            let mean = values.reduce(0, +) / 3
            let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
            #expect(abs((line["mean"] as? Double ?? -1) - mean) < 1e-9)
            #expect(abs((line["deviation"] as? Double ?? -1) - spread) < 1e-9)
        }
        let table = try evaluate(place, more)
        #expect(table.output.contains("spread") && table.output.contains("contextual"))
    }

    @Test(arguments: ["random", "balanced", "nearest", "diverse"])
    func `a saved prompt predicts alone what was evaluated`(selection: String) throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try evaluate(
            place,
            Self.shown + [
                "--select", selection, "--instruction", #"Judge the text.\n"#, "--calibrate", "contextual",
                "--save", "few", "--predictions", "rows.jsonl",
            ])
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(outcome.output.contains("contextual"))
        let again = try place.cloze(
            "predict", ["--prompt", "few", "--file", "test.jsonl", "--jsonl"])
        #expect(again.status == 0, "\(again.messages)")
        try place.write("again.jsonl", again.output)
        let (first, second) = (try predictions(place, "rows.jsonl"), try predictions(place, "again.jsonl"))
        #expect(first.count == 12 && second.count == 12)
        for (row, other) in zip(first, second) {
            #expect(row["label"] as? String == other["label"] as? String)
            #expect(abs((row["probability"] as? Double ?? 0) - (other["probability"] as? Double ?? 1)) < 1e-4)
        }
    }

    @Test func `a compiled prompt answers as the one that was not`() throws {
        let place = try Workplace()
        try place.writeRows()
        let made = try place.cloze(
            "compile", Workplace.question + Self.shown + ["--output", "fast", "--json"])
        #expect(made.status == 0, "\(made.messages)")
        #expect((try made.json()["positions"] as? Int ?? 0) > 10)
        #expect(place.exists("fast/compiled.safetensors"))
        let seen = try place.cloze("inspect", "fast").output
        #expect(seen.contains("2 examples, random, as-drawn, seed 0") && seen.contains("positions compiled"))
        let arguments = ["--file", "test.jsonl", "--jsonl"]
        let plain = try place.cloze("predict", Workplace.question + Self.shown + arguments)
        let fast = try place.cloze("predict", ["--prompt", "fast"] + arguments)
        try place.write("plain.jsonl", plain.output)
        try place.write("fast.jsonl", fast.output)
        for (row, other) in zip(try predictions(place, "plain.jsonl"), try predictions(place, "fast.jsonl")) {
            #expect(row["label"] as? String == other["label"] as? String)
            #expect(abs((row["probability"] as? Double ?? 0) - (other["probability"] as? Double ?? 1)) < 1e-5)
        }
    }

    @Test func `choices come with each row`() throws {
        let place = try Workplace()
        try place.write(
            "choices.jsonl",
            """
            {"text":"good food","question":"effect","choices":["kind people","the worst hour"],"label":0}
            {"text":"bad food","question":"effect","choices":["a gem","rude people","x"],"label":1}

            """)
        for rule in ["sum", "per-token", "per-byte", "per-character", "pmi", "domain-pmi", "first-token"] {
            let outcome = try place.cloze(
                "evaluate",
                [
                    "--template", "{text} {question}: {answer}", "--choices", "choices", "--data",
                    "choices.jsonl",
                    "--rule", rule, "--json", "--shots", "1", "--pool", "choices.jsonl",
                ])
            #expect(outcome.status == 0, "\(rule): \(outcome.messages)")
            #expect(try outcome.json()["rows"] as? Int == 2 && outcome.json()["rule"] as? String == rule)
        }
        let answered = try place.cloze(
            "predict",
            ["--template", "{text} {question}: {answer}", "--choices", "choices", "--file", "choices.jsonl"])
        #expect(answered.output.split(separator: "\n").count == 2)
    }

    @Test func `a temperature, a threshold and the diagram come from held-out rows`() throws {
        let place = try Workplace()
        try place.writeRows()
        let rows = (0..<60).map {
            "{\"text\":\"row \($0) of a film\",\"label\":\"\($0 % 3 == 0 ? "negative" : "positive")\"}\n"
        }
        try place.write("held.jsonl", rows.joined())
        let outcome = try evaluate(
            place,
            [
                "--calibrate", "temperature,bias", "--held-out", "held.jsonl", "--abstain", "0.3",
                "--reliability",
                "plot.svg",
            ])
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(outcome.output.contains("expected calibration error") && outcome.output.contains("answered"))
        #expect(String(decoding: try place.contents("plot.svg"), as: UTF8.self).hasPrefix("<svg"))
    }
}
