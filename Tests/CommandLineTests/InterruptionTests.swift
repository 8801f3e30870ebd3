import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct InterruptionTests {
    /// So many steps that a signal comes in the middle.
    private static let long = ["--steps", "150"]

    /// Starts a long training and sends a signal a while after its checkpoint is there.
    private func interrupted(
        _ place: Workplace, by signal: Int32, milliseconds: UInt32 = 0
    ) throws -> Program.Outcome {
        let program = Program(in: place.folder)
        let running = try program.start(
            ["train", "--model", Workplace.model.path] + place.trainingArguments("learned") + Self.long)
        let deadline = Date().addingTimeInterval(60)
        while !place.exists(".learned.training.safetensors"), running.process.isRunning, Date() < deadline {
            usleep(2_000)
        }
        usleep(milliseconds * 1_000)
        kill(running.process.processIdentifier, signal)
        return try program.finish(running)
    }

    private func undisturbed(_ place: Workplace) throws -> Data {
        #expect(try place.train("undisturbed", Self.long).status == 0)
        return try place.contents("undisturbed/adapter_model.safetensors")
    }

    @Test func `a killed run goes on to the same bytes`() throws {
        let place = try Workplace()
        try place.writeRows()
        _ = try interrupted(place, by: SIGKILL)
        #expect(place.exists(".learned.training.safetensors"))
        #expect(!place.exists("learned"))
        let resumed = try place.train("learned", Self.long + ["--verbose"])
        #expect(resumed.status == 0)
        #expect(resumed.messages.contains("going on from step"))
        #expect(!resumed.messages.contains("step 1:"))
        #expect(try place.contents("learned/adapter_model.safetensors") == undisturbed(place))
        #expect(!place.exists(".learned.training.safetensors"))
    }

    @Test func `a run that is killed again and again, during saves too, comes to the same bytes`() throws {
        let place = try Workplace()
        try place.writeRows()
        for milliseconds: UInt32 in [0, 7, 23, 3, 41, 13] {
            _ = try interrupted(place, by: SIGKILL, milliseconds: milliseconds)
        }
        #expect(try place.train("learned", Self.long).status == 0)
        #expect(try place.contents("learned/adapter_model.safetensors") == undisturbed(place))
    }

    @Test func `Ctrl-C keeps the state, says how to go on and exits with 130`() throws {
        let place = try Workplace()
        try place.writeRows()
        let stopped = try interrupted(place, by: SIGINT)
        #expect(stopped.status == 130)
        #expect(stopped.output.isEmpty)
        #expect(stopped.messages.contains("the same command goes on"))
        #expect(!place.exists("learned"))
        #expect(try place.train("learned", Self.long).status == 0)
        #expect(try place.contents("learned/adapter_model.safetensors") == undisturbed(place))
    }

    @Test func `a run that goes on keeps its record, with every step in it`() throws {
        let place = try Workplace()
        try place.writeRows()
        _ = try interrupted(place, by: SIGKILL)
        func runs() throws -> [[String: String]] {
            let listed = try Program(in: place.folder).run(["runs", "list", "--json"]).json()["runs"]
            return (listed as? [[String: Any]] ?? []).map { $0.compactMapValues { $0 as? String } }
        }
        let broken = try runs()
        #expect(broken.map { $0["standing"] } == ["interrupted"])
        #expect(try place.train("learned", Self.long).status == 0)
        let finished = try runs()
        #expect(finished.map { $0["standing"] } == ["finished"])
        #expect(finished.map { $0["id"] } == broken.map { $0["id"] })
        #expect(
            try Program(in: place.folder).run(["runs", "export", "last", "--output", "out"]).status == 0)
        let steps = try String(decoding: place.contents("out/metrics.jsonl"), as: UTF8.self)
            .split(separator: "\n").map { line in
                let step = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return step?["step"] as? Int
            }
        #expect(steps == Array(1...150))
    }

    @Test func `no-resume begins anew`() throws {
        let place = try Workplace()
        try place.writeRows()
        _ = try interrupted(place, by: SIGKILL)
        let again = try place.train("learned", Self.long + ["--no-resume", "--verbose"])
        #expect(again.status == 0)
        #expect(again.messages.contains("step 1:"))
    }

    @Test func `a file that may not grow fails with 74 and leaves the old prompt whole`() throws {
        let place = try Workplace()
        try place.writeRows()
        #expect(try place.train("learned").status == 0)
        let before = try place.contents("learned/cloze.json")
        let names = place.names
        let arguments =
            (["train", "--model", Workplace.model.path] + place.trainingArguments("learned") + [
                "--force", "--seed", "5",
            ])
            .map { "'\($0)'" }.joined(separator: " ")
        // One block of 512 bytes: too little for the rows, the manifest and the state.
        let outcome = try Program(in: place.folder).shell(
            "ulimit -f 1; exec \"$CLOZE\" \(arguments) > /dev/null 2> /dev/null")
        #expect(outcome.status == 74)
        #expect(try place.contents("learned/cloze.json") == before)
        #expect(place.names.filter { !$0.hasPrefix(".learned.training") } == names)
        #expect(try place.cloze("predict", ["--prompt", "learned", "a gem"]).status == 0)
    }
}
