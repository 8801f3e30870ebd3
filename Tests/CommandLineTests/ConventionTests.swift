import Foundation
import Testing

@Suite struct ConventionTests {
    @Test func `an option may be set by the environment and the command line wins`() throws {
        let place = try Workplace()
        let environment = ["CLOZE_MODEL": Workplace.model.path, "CLOZE_JSON": "1", "CLOZE_TOP": "3"]
        let three = try place.cloze("fill", "It was {answer}", environment: environment).json()
        #expect((three["answers"] as? [Any])?.count == 3)
        let two = try place.cloze("fill", "It was {answer}", "--top", "2", environment: environment).json()
        #expect((two["answers"] as? [Any])?.count == 2)
        let text = try place.cloze(
            "fill", "It was {answer}", environment: environment.merging(["CLOZE_JSON": "0"]) { $1 })
        #expect(text.output.hasPrefix("It was ____"))
    }

    @Test func `a switch in the environment that is neither on nor off is refused`() throws {
        let outcome = try Workplace().cloze("doctor", environment: ["CLOZE_QUIET": "perhaps"])
        #expect(outcome.status == 64)
        #expect(outcome.messages.contains("CLOZE_QUIET"))
    }

    @Test func `colours come where they are forced and never where they are refused`() throws {
        let place = try Workplace()
        let arguments = ["tokenize", "--model", Workplace.model.path, "a gem"]
        func run(_ environment: [String: String]) throws -> String {
            try Program(in: place.folder, environment: environment).run(arguments).output
        }
        #expect(try !run([:]).contains("\u{1B}["))
        #expect(try run(["CLICOLOR_FORCE": "1"]).contains("\u{1B}["))
        #expect(try !run(["CLICOLOR_FORCE": "1", "NO_COLOR": "1"]).contains("\u{1B}["))
        #expect(try !run(["TERM": "dumb"]).contains("\u{1B}["))
    }

    @Test func `a reader that goes away ends the program quietly`() throws {
        let place = try Workplace()
        let line =
            "(sleep 0.3; \"$CLOZE\" tokenize --model '\(Workplace.model.path)' hello; echo $? > status) | true"
        let outcome = try Program(in: place.folder).shell(line + "; sleep 2")
        #expect(outcome.messages.isEmpty)
        #expect(try String(decoding: place.contents("status"), as: UTF8.self) == "0\n")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func `a full disk behind standard output is said, with 74`() throws {
        let place = try Workplace()
        let line = "\"$CLOZE\" tokenize --model '\(Workplace.model.path)' hello > /dev/full"
        let outcome = try Program(in: place.folder).shell(line)
        #expect(outcome.status == 74)
        #expect(outcome.messages.contains("standard output"))
    }

    @Test(arguments: ["predict --template '{text} is {answer}' --words a,b", "tokenize"])
    func `a folder where standard input should be is said, with 66`(command: String) throws {
        let outcome = try Program(in: Workplace().folder)
            .shell("CLOZE_MODEL='\(Workplace.model.path)' \"$CLOZE\" \(command) < /tmp")
        #expect(outcome.status == 66)
        #expect(outcome.messages.contains("standard input could not be read"))
    }

    @Test func `progress is plain lines where nobody watches`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.train("learned")
        #expect(!outcome.messages.contains("\r"))
        #expect(!outcome.messages.contains("\u{1B}"))
        #expect(outcome.messages.contains("learning: 12"))
    }
}
