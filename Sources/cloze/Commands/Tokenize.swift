import ArgumentParser
import Foundation
import Models
import Tokenizers

/// `cloze tokenize`: text to ids and back.
struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the tokens of a text, or the text of tokens.",
        discussion: """
            EXAMPLES
              cloze tokenize --model MODEL 'Hello, 세계'
              cloze tokenize --model MODEL --ids 504,2365,314
              cat file.txt | cloze tokenize --model MODEL --json
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var general: GeneralOptions

    @Option(
        help: ArgumentHelp("Token ids to turn into text, with commas or spaces between.", valueName: "ids"))
    var ids: String?

    @Flag(help: "Add what the model expects around a text.")
    var framed = false

    @Flag(help: "Take special tokens that are written in the text for text.")
    var plain = false

    @Argument(help: "The text; standard input is read where there is none.")
    var text: String?

    func run() throws {
        _ = general.begin()
        let tokenizer = try ModelPlace(model.model).tokenizer()
        let tokens =
            try ids.map { try Self.parse($0, tokenizer) } ?? tokenizer.tokens(try input(), framed, plain)
        let report = Report(tokens: tokens, tokenizer, source: ids == nil ? try original() : nil)
        if general.json { return try Stream.output.print(json: report, of: "tokenize") }
        try Stream.output.print(report.text)
    }

    private func input() throws -> String { try TextInput.text(text) }

    /// The text that a round trip should give back; framing and special tokens are none of it.
    private func original() throws -> String? { framed ? nil : try input() }

    private static func parse(_ text: String, _ tokenizer: some Tokenizer) throws -> [Int32] {
        try text.split { $0 == "," || $0.isWhitespace }.map { part in
            guard let id = Int32(part) else { throw UsageError("'\(part)' is no token id") }
            guard id >= 0, id < tokenizer.vocabularySize else {
                throw UsageError("the token \(id) is outside the vocabulary of \(tokenizer.vocabularySize)")
            }
            return id
        }
    }
}

extension Tokenizer {
    fileprivate func tokens(_ text: String, _ framed: Bool, _ plain: Bool) -> [Int32] {
        let tokens = encode(text, parsingSpecial: !plain)
        return framed ? frame(tokens) : tokens
    }
}

/// The tokens of a text.
private struct Report: Encodable {
    struct Token: Encodable {
        let id: Int32
        let text: String
        let piece: String
    }

    let count: Int
    let tokens: [Token]
    let decoded: String
    /// Whether decoding gives the text back; absent where there was no text.
    let roundTrip: Bool?

    init(tokens: [Int32], _ tokenizer: some Tokenizer, source: String?) {
        count = tokens.count
        self.tokens = tokens.map {
            Token(id: $0, text: tokenizer.decode([$0]), piece: tokenizer.piece(for: $0) ?? "")
        }
        let decoded = tokenizer.decode(tokens)
        self.decoded = decoded
        roundTrip = source.map { $0.utf8.elementsEqual(decoded.utf8) }
    }

    var text: String {
        var table = Table(["id", "piece", "text"], [.right, .left, .left])
        for token in tokens { table.add(["\(token.id)", token.piece, token.text.quoted]) }
        var lines = [table.lines(Terminal(STDOUT_FILENO)), "", "\(count) token\(count == 1 ? "" : "s")"]
        switch roundTrip {
        case true?: lines[2] += "; decoding gives the text back"
        case false?: lines[2] += "; decoding gives another text: \(decoded.quoted)"
        case nil: lines[2] += ": \(decoded.quoted)"
        }
        return lines.joined(separator: "\n")
    }
}
