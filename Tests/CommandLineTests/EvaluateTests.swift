import Foundation
import Testing

@Suite struct EvaluateTests {
    @Test func `the metrics are those of the predictions`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.cloze(
            "evaluate",
            Workplace.question + ["--data", "test.jsonl", "--predictions", "rows.jsonl", "--json"])
        #expect(outcome.status == 0)
        let document = try outcome.json()
        let rows = try String(decoding: place.contents("rows.jsonl"), as: UTF8.self).split(separator: "\n")
            .map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
        #expect(rows.count == 12)
        let right = rows.count { $0["label"] as? String == $0["expected"] as? String }
        let accuracy =
            (document["metrics"] as? [[String: Any]])?.first { $0["metric"] as? String == "accuracy" } ?? [:]
        let value = accuracy["value"] as? Double ?? -1
        #expect(abs(value - Double(right) / 12) < 1e-9)
        #expect((accuracy["low"] as? Double ?? 2) <= value && value <= (accuracy["high"] as? Double ?? -1))
        let confusion = document["confusion"] as? [[Int]] ?? []
        #expect(confusion.joined().reduce(0, +) == 12)
        #expect(confusion.indices.reduce(0) { $0 + confusion[$1][$1] } == right)
    }

    @Test func `tables are as they were read`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.cloze("evaluate", Workplace.question + ["--data", "test.jsonl"])
        try Snapshots.expect(outcome.output, named: "output/evaluate", in: place)
    }

    @Test func `a gate that is not met exits with 100 and one that is met with 0`() throws {
        let place = try Workplace()
        try place.writeRows()
        let arguments = Workplace.question + ["--data", "test.jsonl"]
        #expect(try place.cloze("evaluate", arguments + ["--require", "accuracy>=0"]).status == 0)
        let unmet = try place.cloze("evaluate", arguments + ["--require", "accuracy > 1"])
        #expect(unmet.status == 100)
        #expect(unmet.output.contains("accuracy"))
        #expect(unmet.messages.contains("accuracy > 1"))
    }

    @Test(arguments: ["accuracy=0.8", "accuracy>=much", "acuracy>=0.8"])
    func `a gate that says nothing is refused before the model is loaded`(gate: String) throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.cloze(
            "evaluate", "--model", "nowhere", "--data", "test.jsonl", "--require", gate, "--template",
            "{text}{answer}",
            "--words", "negative,positive")
        #expect(outcome.status == 64)
        #expect(outcome.messages.contains("acc") || outcome.messages.contains("acuracy"))
    }

    @Test(arguments: ["sum", "per-token", "per-byte", "first-token", "joint-softmax-first"])
    func `every rule that reads whole words or first tokens scores`(rule: String) throws {
        let place = try Workplace()
        try place.writeRows()
        let document = try place.cloze(
            "evaluate", Workplace.question + ["--data", "test.jsonl", "--rule", rule, "--json"]
        ).json()
        #expect(document["rule"] as? String == rule)
        #expect(document["rows"] as? Int == 12)
    }

    @Test func `labels of a file are renamed`() throws {
        let place = try Workplace()
        try place.write("rows.csv", "review,stars\na gem,1\na mess,0\n")
        let outcome = try place.cloze(
            "evaluate",
            Workplace.question + [
                "--data", "rows.csv", "--columns", "text=review,label=stars", "--labels",
                "0=negative,1=positive",
                "--json",
            ])
        #expect(try outcome.json()["rows"] as? Int == 2)
    }
}
