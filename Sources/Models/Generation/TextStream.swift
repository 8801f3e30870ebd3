public import Tokenizers

/// A generated text in pieces of whole characters, as they become certain.
///
/// What might be the beginning of a stop text is held back until it is known whether it is one.
public final class TextStream: Sequence, IteratorProtocol {
    private let tokens: TokenStream
    private var decoder: any TextDecoder
    private var scanner: StopScanner
    private var isDone = false
    private var isStopped = false

    package init(_ tokens: TokenStream, _ tokenizer: any Tokenizer, stopTexts: [String]) {
        self.tokens = tokens
        decoder = Self.decoder(tokenizer)
        scanner = StopScanner(stopTexts)
    }

    /// Why the text ended; nil as long as it may go on.
    public var end: GenerationEnd? { isStopped ? .stop : tokens.end }

    /// The next piece, never empty, or nil at the end.
    public func next() -> String? {
        while !isDone {
            let token = tokens.next()
            let text = token.map { decoder.append($0) } ?? decoder.finish()
            var piece = scanner.append(text)
            isStopped = scanner.isStopped
            isDone = token == nil || isStopped
            if isDone && !isStopped { piece += scanner.finish() }
            if !piece.isEmpty { return piece }
        }
        return nil
    }

    private static func decoder(_ tokenizer: some Tokenizer) -> any TextDecoder { StreamDecoder(tokenizer) }
}

/// A stream decoder of any tokenizer.
private protocol TextDecoder {
    mutating func append(_ token: Int32) -> String
    mutating func finish() -> String
}

extension StreamDecoder: TextDecoder {}

/// Cuts a text at the first stop text.
package struct StopScanner {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    package private(set) var isStopped = false

    /// Empty stop texts stop nothing.
    package init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty } }

    /// The text that is certain with a new piece.
    package mutating func append(_ text: String) -> String {
        guard !isStopped else { return "" }
        held += Array(text.utf8)
        if let cut = stops.compactMap({ Self.place(of: $0, in: held) }).min() {
            isStopped = true
            return String(decoding: held[..<cut], as: UTF8.self)
        }
        let kept = stops.map { Self.overlap(of: held, with: $0) }.max() ?? 0
        defer { held.removeFirst(held.count - kept) }
        return String(decoding: held.dropLast(kept), as: UTF8.self)
    }

    /// The text that was held back and is no stop text.
    package mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    private static func place(of stop: [UInt8], in text: [UInt8]) -> Int? {
        guard text.count >= stop.count else { return nil }
        return (0...text.count - stop.count).first { text[$0..<$0 + stop.count].elementsEqual(stop) }
    }

    /// How long the longest end of `text` is that begins `stop`.
    private static func overlap(of text: [UInt8], with stop: [UInt8]) -> Int {
        let longest = min(text.count, stop.count - 1)
        return stride(from: longest, to: 0, by: -1).first { text.suffix($0).elementsEqual(stop.prefix($0)) }
            ?? 0
    }
}
