import Foundation
import Models
import Prompts

/// The conversation of `cloze fill`: a line is a template or, after a colon, a wish.
struct FillLoop {
    private var session: FillSession
    private let pretrained: PretrainedModel
    private let console: Console
    private let isJSON: Bool
    private var last: Template?

    private static let help = """
        Write a template with {answer} in it, such as: The capital of France is {answer}
          :set text=a gem       sets the field {text}
          :words great,terrible scores these words only; :words alone takes the whole vocabulary
          :top 5                shows so many answers
          :again                fills the last template again
          :quit                 ends
        """

    init(_ session: FillSession, _ pretrained: PretrainedModel, _ console: Console, isJSON: Bool) {
        self.session = session
        self.pretrained = pretrained
        self.console = console
        self.isJSON = isJSON
    }

    /// Reads until the end; a mistake in a line is said and the next line read.
    mutating func run() throws {
        let isWatched = isatty(STDIN_FILENO) == 1
        if isWatched { console.note(Self.help) }
        while true {
            if isWatched { try Stream.messages.write("› ") }
            guard let line = readLine() else { break }
            guard !line.trimmed.isEmpty else { continue }
            do {
                guard try answer(line) else { return }
            } catch let error as StreamError {
                throw error
            } catch {
                guard isWatched else { throw error }
                console.error("\(error)")
            }
        }
    }

    /// Does what a line says; false ends the conversation.
    private mutating func answer(_ line: String) throws -> Bool {
        guard line.hasPrefix(":") else {
            last = try Template(unescaping: line)
            try fill()
            return true
        }
        let parts = line.dropFirst().split(separator: " ", maxSplits: 1).map(String.init)
        let rest = parts.count > 1 ? parts[1] : ""
        switch parts.first ?? "" {
        case "quit", "q": return false
        case "set": try session.setField(rest)
        case "words": session.words = rest.isEmpty ? nil : try WordList.verbalizer(rest)
        case "again": break
        case "top":
            guard let top = Int(rest), top > 0 else {
                throw UsageError(":top needs a number, such as :top 5")
            }
            session.top = top
        default:
            console.note(Self.help)
            return true
        }
        try fill()
        return true
    }

    /// Shows the answers to the last template, if there is one.
    private func fill() throws {
        guard let last else { return }
        let report = try session.fill(last, pretrained)
        for note in report.notes { console.note("note: \(note)") }
        if isJSON { return try Stream.output.print(json: report, of: "fill", isLine: true) }
        try Stream.output.print(report.text + "\n")
    }
}
