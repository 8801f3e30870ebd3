import Foundation
import Testing

@Suite struct RunsTests {
    private let place: Workplace

    init() throws {
        place = try Workplace()
        try place.writeRows()
    }

    private func runs(_ arguments: String...) throws -> Program.Outcome {
        try Program(in: place.folder).run(["runs"] + arguments)
    }

    private func list() throws -> [[String: Any]] {
        try runs("list", "--json").json()["runs"] as? [[String: Any]] ?? []
    }

    @Test func `a training is kept with its steps, answers and prompt, listed, shown and exported`() throws {
        #expect(try place.train("learned").status == 0)
        let run = try #require(try list().first)
        #expect(run["kind"] as? String == "train" && run["standing"] as? String == "finished")
        let shown = try runs("show", "last")
        #expect(shown.status == 0)
        for part in ["12 steps, 12 answers", "prompt in", "--per-label 4", "pool.jsonl, ", "\"perLabel\":4"] {
            #expect(shown.output.contains(part), "\(part)")
        }
        #expect(try runs("export", "last", "--output", "out").status == 0)
        let lines = try String(decoding: place.contents("out/metrics.jsonl"), as: UTF8.self).split(
            separator: "\n")
        #expect(lines.count == 12 && lines[0].contains("\"loss\""))
        let names = try FileManager.default.contentsOfDirectory(
            atPath: place.folder.appendingPathComponent("out").path)
        #expect(
            names.contains { $0.hasPrefix("events.out.tfevents.") } && names.contains("predictions.jsonl"))
        #expect(try place.contents(".cloze/.gitignore") == Data("*\n".utf8))
    }

    @Test func `what was trained and evaluated is made again to the same numbers`() throws {
        #expect(try place.train("learned").status == 0)
        let again = try runs("reproduce", "last")
        #expect(again.status == 0, "\(again.messages)")
        #expect(again.output.contains("All numbers are the same."))
        #expect(again.output.contains("settings: the same\nsurroundings: the same\nnumbers: the same"))
        #expect(place.names == ["learned", "pool.jsonl", "test.jsonl"])
        #expect(try place.cloze("evaluate", ["--prompt", "learned", "--data", "test.jsonl"]).status == 0)
        #expect(try runs("reproduce", "last").output.contains("12 answers, 0 of them different"))
    }

    @Test func `data that has changed since is said, with 101`() throws {
        #expect(try place.cloze("evaluate", Workplace.question + ["--data", "test.jsonl"]).status == 0)
        let rows = try String(decoding: place.contents("test.jsonl"), as: UTF8.self)
        try place.write("test.jsonl", rows.replacingOccurrences(of: "the hit", with: "no mess at all, a hit"))
        let again = try runs("reproduce", "last")
        #expect(again.status == 101)
        #expect(again.output.contains("surroundings:\n  data[0].bytes"))
        #expect(again.output.contains("Not all numbers are the same."))
    }

    @Test func `nothing is kept where that is asked for, and elsewhere where it is said`() throws {
        let arguments = Workplace.question + ["--data", "test.jsonl"]
        #expect(try place.cloze("evaluate", arguments + ["--no-store"]).status == 0)
        #expect(!place.exists(".cloze"))
        #expect(try runs("list").status == 66)
        #expect(try place.cloze("evaluate", arguments + ["--store", "kept.sqlite"]).status == 0)
        #expect(!place.exists(".cloze"))
        #expect(try runs("list", "--store", "kept.sqlite").output.contains("evaluate"))
        let both = try place.cloze("evaluate", arguments + ["--store", "kept.sqlite", "--no-store"])
        #expect(both.status == 64)
    }

    @Test
    func
        `a place that cannot be written is a warning where nobody named it, and an error where somebody did`()
        throws
    {
        try place.write(".cloze", "a file in the way")
        let arguments = Workplace.question + ["--data", "test.jsonl"]
        let warned = try place.cloze("evaluate", arguments)
        #expect(warned.status == 0 && warned.messages.contains("this run is not kept"))
        let refused = try place.cloze("evaluate", arguments + ["--store", ".cloze/mine.sqlite"])
        #expect(refused.status == 74 && refused.messages.contains("--no-store"))
    }

    @Test func `a disk that is full is a warning at the end, and the result is still printed`() throws {
        #expect(try place.cloze("evaluate", Workplace.question + ["--data", "test.jsonl"]).status == 0)
        let arguments =
            (["evaluate", "--model", Workplace.model.path] + Workplace.question + ["--data", "test.jsonl"])
            .map { "'\($0)'" }.joined(separator: " ")
        // No file may grow beyond half a block: SQLite's log cannot take another run.
        let outcome = try Program(in: place.folder).shell(
            "ulimit -f 1; exec \"$CLOZE\" \(arguments) 2>&1 | cat")
        #expect(outcome.output.contains("this run is not kept"))
        #expect(outcome.output.contains("accuracy"))
        #expect(try list().count == 1)
    }

    @Test func `two processes on one store are both kept`() throws {
        let program = Program(in: place.folder)
        let arguments =
            ["evaluate", "--model", Workplace.model.path] + Workplace.question + ["--data", "test.jsonl"]
        let running = try (0..<4).map { _ in try program.start(arguments) }
        for one in running { #expect(try program.finish(one).status == 0) }
        let runs = try list()
        #expect(runs.count == 4 && runs.allSatisfy { $0["standing"] as? String == "finished" })
    }

    @Test func `a killed training is listed as interrupted`() throws {
        let program = Program(in: place.folder)
        let running = try program.start(
            ["train", "--model", Workplace.model.path] + place.trainingArguments("learned") + [
                "--steps", "5000",
            ])
        let deadline = Date().addingTimeInterval(30)
        while !place.exists(".learned.training.safetensors"), Date() < deadline { usleep(2_000) }
        running.process.terminate()
        kill(running.process.processIdentifier, SIGKILL)
        _ = try program.finish(running)
        #expect(try list().first?["standing"] as? String == "interrupted")
        let removed = try runs("remove", "last")
        #expect(removed.status == 0)
        #expect(try list().isEmpty)
    }

    @Test func `runs that are not there, or several, are said`() throws {
        #expect(try place.cloze("evaluate", Workplace.question + ["--data", "test.jsonl"]).status == 0)
        let none = try runs("show", "1999")
        #expect(none.status == 64 && none.messages.contains("there is no run '1999'"))
        #expect(try runs("remove", "nothing").status == 64)
        try place.write("broken.sqlite", "no database")
        #expect(try runs("list", "--store", "broken.sqlite").status == 74)
    }

    @Test func `explain says what a key means and what was probably meant`() throws {
        let program = Program(in: place.folder)
        #expect(try program.run(["explain", "methods.lora.rank"]).output.contains("default  8"))
        #expect(try program.run(["explain"]).output.contains("methods.prompt-tuning.soft-rows"))
        #expect(try program.run(["explain", "--json", "budget"]).json()["keys"] != nil)
        let wrong = try program.run(["explain", "budgte"])
        #expect(wrong.status == 64 && wrong.messages.contains("did you mean 'budget'?"))
    }
}
