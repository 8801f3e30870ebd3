import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// PET runs that are stopped or killed.
@Suite struct PetInterruptionTests {
    private let place: Workplace

    init() throws {
        place = try Workplace()
        try place.writeRows()
    }

    /// Six models in two generations, a classifier and four baselines.
    private func arguments(_ output: String) -> [String] {
        [
            "pet", "--model", Workplace.maskedModel.path, "--data", "pool.jsonl", "--test", "test.jsonl",
            "--pattern", "{text} It was {answer}.", "--pattern", "{answer} : {text}", "--pattern",
            "Just {answer} ! {text}", "--seeds", "1", "--ipet", "--generations", "1", "--steps", "12",
            "--distillation-steps", "12", "--per-label", "3", "--baselines", "--json",
        ] + Workplace.question + ["--output", output]
    }

    private func kept() -> [String] {
        let folder = place.folder.appendingPathComponent(".learned.pet")
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
            $0.hasSuffix(".work.safetensors")
        }
    }

    /// Starts the run and sends a signal a while after so many pieces are finished.
    private func interrupted(by signal: Int32, after pieces: Int, milliseconds: UInt32 = 0) throws
        -> Program.Outcome
    {
        let running = try Program(in: place.folder).start(arguments("learned"))
        let deadline = Date().addingTimeInterval(60)
        while kept().count < pieces, running.process.isRunning, Date() < deadline { usleep(1_000) }
        usleep(milliseconds * 1_000)
        kill(running.process.processIdentifier, signal)
        return try Program(in: place.folder).finish(running)
    }

    /// A report without what differs from run to run.
    private func numbers(_ outcome: Program.Outcome) throws -> String {
        var document = try outcome.json()
        (document["seconds"], document["output"]) = (nil, nil)
        let data = try JSONSerialization.data(withJSONObject: document, options: .sortedKeys)
        return String(decoding: data, as: UTF8.self)
    }

    private func undisturbed() throws -> (numbers: String, classifier: Data) {
        let outcome = try Program(in: place.folder).run(arguments("undisturbed"))
        #expect(outcome.status == 0, "\(outcome.messages)")
        return (try numbers(outcome), try place.contents("undisturbed/cloze.safetensors"))
    }

    @Test
    func `a run killed again and again goes on to the same numbers and bytes, and leaves nothing behind`()
        throws
    {
        for (pieces, milliseconds) in [(1, UInt32(0)), (2, 7), (4, 3), (6, 13), (7, 0), (8, 5)] {
            _ = try interrupted(by: SIGKILL, after: pieces, milliseconds: milliseconds)
            #expect(kept().count >= pieces && !place.exists("learned"))
        }
        let resumed = try Program(in: place.folder).run(arguments("learned"))
        #expect(resumed.status == 0, "\(resumed.messages)")
        #expect(resumed.messages.contains("model 3 of 3: kept from before"))
        #expect(!resumed.messages.contains("(pattern"))
        #expect(!place.exists(".learned.pet"))
        let whole = try undisturbed()
        #expect(try numbers(resumed) == whole.numbers)
        #expect(try place.contents("learned/cloze.safetensors") == whole.classifier)
    }

    @Test func `Ctrl-C keeps the finished models, says how to go on and exits with 130`() throws {
        let stopped = try interrupted(by: SIGINT, after: 2)
        #expect(stopped.status == 130 && stopped.output.isEmpty)
        #expect(stopped.messages.contains("the same command goes on"))
        #expect(kept().count >= 2)
        let anew = try Program(in: place.folder).run(arguments("learned") + ["--no-resume"])
        #expect(anew.status == 0 && !anew.messages.contains("kept from before"))
    }
}
