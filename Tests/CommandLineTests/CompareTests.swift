import Foundation
import Testing

@Suite struct CompareTests {
    private let place: Workplace
    /// A race of four methods that takes a few seconds.
    private static let experiment = """
        data:
          pool: pool.jsonl
          test: test.jsonl
          template: "{text} It was {answer}."
          words: {negative: terrible, positive: great}
        shots: [2, 4]
        seeds: [0, 1]
        method:
          steps: 12
        methods:
          zero-shot:
          calibrated:
            correction: contextual
          few-shot:
            examples: 2
          prompt-tuning:
            soft-rows: 4
        """

    init() throws {
        place = try Workplace()
        try place.writeRows()
        try place.write("experiment.yaml", Self.experiment)
    }

    private func arguments(_ more: [String] = []) -> [String] {
        ["compare", "experiment.yaml", "--model", Workplace.model.path, "--budget", "10m", "--json"] + more
    }

    private func compare(_ more: [String] = []) throws -> Program.Outcome {
        try Program(in: place.folder).run(arguments(more))
    }

    /// What a report says but for times: it must not depend on how often the comparison was killed.
    private func table(_ outcome: Program.Outcome) throws -> String {
        var report = try outcome.json()
        let lines = report["lines"] as? [[String: Any]] ?? []
        let times: Set<String> = ["trainingSeconds", "millisecondsARequest", "peakBytes", "prompt"]
        let kept: [String: Any] = [
            "lines": lines.map { line in line.filter { !times.contains($0.key) } },
            "points": report["points"] ?? [], "details": report["details"] ?? [],
            "hardest": report["hardest"] ?? [],
            "recommendation": (report["recommendation"] as? [String: Any] ?? [:]).filter {
                $0.key != "prompt"
            },
        ]
        report = kept
        return String(
            decoding: try JSONSerialization.data(
                withJSONObject: kept, options: [.sortedKeys, .prettyPrinted]), as: UTF8.self)
    }

    @Test func `an export has the report as it was left, without the texts where that is asked for`() throws {
        let outcome = try compare(["--output", "out"])
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(try place.cloze("runs", "export", "last", "--output", "same").status == 0)
        for name in ["report.html", "report.md", "report.csv", "report.json", "figures/results.svg"] {
            #expect(try place.contents("same/" + name) == place.contents("out/" + name), "\(name)")
        }
        #expect(try place.cloze("runs", "export", "last", "--no-texts", "--output", "less").status == 0)
        let hardest = try #require(outcome.json()["hardest"] as? [[String: Any]])
        let texts = hardest.compactMap { $0["text"] as? String }
        #expect(!texts.isEmpty && texts.allSatisfy { !$0.isEmpty })
        let page = String(decoding: try place.contents("less/report.html"), as: UTF8.self)
        #expect(page.contains("Hardest rows") && texts.allSatisfy { !page.contains($0) })
        for name in ["report.json", "run.json"] {
            let file = String(decoding: try place.contents("less/" + name), as: UTF8.self)
            #expect(texts.allSatisfy { !file.contains($0) }, "\(name)")
        }
    }

    @Test func `methods race, finalists answer the test rows, and one is recommended`() throws {
        let outcome = try compare(["--output", "out"])
        #expect(outcome.status == 0, "\(outcome.messages)")
        let report = try outcome.json()
        let lines = try #require(report["lines"] as? [[String: Any]])
        #expect(lines.filter { $0["standing"] as? String == "finalist" }.count == 4)
        #expect(lines[0]["verdict"] as? String == "the reference")
        #expect(lines.count == 6, "two rates more were rehearsed")
        let points = report["points"] as? [Any] ?? []
        #expect(points.count == 10)
        #expect((report["recommendation"] as? [String: Any])?["sentence"] is String)
        for name in [
            "report.html", "report.md", "report.csv", "report.json", "experiment.yaml",
            "prompts/zero-shot/cloze.json",
        ] {
            #expect(place.exists("out/\(name)"), "\(name)")
        }
        #expect(!place.exists("out/.work"))
        let prompts = try FileManager.default.contentsOfDirectory(
            atPath: place.folder.appendingPathComponent("out/prompts").path)
        #expect(prompts.count == 4 && prompts.contains { $0.hasPrefix("prompt-tuning-") })
        // The resolved file says the same again.
        let again = try Program(in: place.folder).run(
            ["run", "out/experiment.yaml", "--output", "again", "--json", "--no-store"])
        #expect(try table(again) == table(outcome))
        let refused = try compare(["--output", "out"])
        #expect(refused.status == 64 && refused.messages.contains("--force"))
    }

    @Test func `a comparison that is killed again and again comes to the same table, and its store is whole`()
        throws
    {
        let short = ["--set", "shots=4"]
        let undisturbed = try compare(short + ["--store", "undisturbed.sqlite"])
        #expect(undisturbed.status == 0, "\(undisturbed.messages)")
        let program = Program(in: place.folder)
        let kills = ProcessInfo.processInfo.environment["CLOZE_KILLS"].flatMap { Int($0) } ?? 4
        var resumed: Program.Outcome?
        for turn in 0..<kills where resumed == nil {
            let running = try program.start(arguments(short))
            // Later and later, so that every part is hit.
            usleep(UInt32(150_000 + (turn * 7_919) % kills * 60_000))
            kill(running.process.processIdentifier, SIGKILL)
            let outcome = try program.finish(running)
            // One that came to its end before the signal is the resumed one.
            if outcome.status == 0 { resumed = outcome }
        }
        let last = try resumed ?? compare(short)
        #expect(last.status == 0, "\(last.messages)")
        #expect(try table(last) == table(undisturbed))
        let runs = try program.run(["runs", "list", "--json"]).json()["runs"] as? [[String: Any]] ?? []
        #expect(runs.count == 1 && runs[0]["standing"] as? String == "finished")
        let trials =
            try program.run(["runs", "list", "--all", "--json"]).json()["runs"] as? [[String: Any]] ?? []
        #expect(trials.allSatisfy { $0["standing"] as? String == "finished" })
        let names = trials.compactMap { $0["name"] as? String }
        #expect(Set(names).count == names.count, "no part was repeated")
    }

    @Test func `a comparison is made again to the same numbers`() throws {
        #expect(try compare(["--set", "shots=4", "--seeds", "0"]).status == 0)
        let again = try Program(in: place.folder).run(["runs", "reproduce", "last"])
        #expect(again.status == 0, "\(again.output) \(again.messages)")
        #expect(again.output.contains("All numbers are the same."))
    }

    @Test func `a budget that does not pay for one evaluation is refused, with what it takes`() throws {
        let outcome = try Program(in: place.folder).run(
            ["compare", "experiment.yaml", "--model", Workplace.model.path, "--budget", "0.0001s"])
        #expect(outcome.status == 64)
        #expect(outcome.messages.contains("does not pay for one evaluation"))
        let none = try Program(in: place.folder).run([
            "compare", "experiment.yaml", "--model", Workplace.model.path,
        ])
        #expect(none.status == 65 && none.messages.contains("--budget"))
    }

    @Test func `a faulty file is refused with its line before any model is loaded`() throws {
        try place.write("wrong.yaml", "model: nowhere\nmethods:\n  prompt-tuning:\n    sot-rows: 4\n")
        let outcome = try Program(in: place.folder).run(["run", "wrong.yaml"])
        #expect(outcome.status == 65)
        #expect(
            outcome.messages.contains("wrong.yaml, line 4: there is no key 'methods.prompt-tuning.sot-rows'"))
        #expect(outcome.messages.contains("did you mean 'soft-rows'?"))
        let missing = try Program(in: place.folder).run(["run", "none.yaml"])
        #expect(missing.status == 66)
        let override = try Program(in: place.folder).run(["run", "experiment.yaml", "--set", "method.step=1"])
        #expect(override.status == 64 && override.messages.contains("did you mean 'steps'?"))
    }

    @Test func `a second process on the same comparison is told of the first`() throws {
        let program = Program(in: place.folder)
        let slow = arguments(["--set", "method.steps=3000"])
        let running = try program.start(slow)
        usleep(1_500_000)
        let second = try program.run(slow)
        kill(running.process.processIdentifier, SIGKILL)
        _ = try program.finish(running)
        #expect(second.status == 69 && second.messages.contains("is at work on the same comparison"))
    }

    @Test func `a run without a budget runs everything`() throws {
        let outcome = try Program(in: place.folder).run(
            [
                "run", "experiment.yaml", "--model", Workplace.model.path, "--set",
                "methods=[zero-shot, prompt-tuning]",
                "--set", "methods.prompt-tuning.soft-rows=[2, 4]", "--set", "shots=4", "--no-store", "--json",
            ])
        #expect(outcome.status == 0, "\(outcome.messages)")
        let lines = try outcome.json()["lines"] as? [[String: Any]] ?? []
        #expect(
            lines.compactMap { $0["name"] as? String } == [
                "zero-shot", "prompt-tuning (soft-rows 2)", "prompt-tuning (soft-rows 4)",
            ])
    }
}
