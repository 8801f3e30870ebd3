package import Datasets
package import Tokenizers

/// A question and a part of its context, as a model reads them.
package struct SpanWindow: LayeredRow {
    /// Soft rows, the question, the part of the context, framed.
    package var rows: [PromptRow]
    /// The token behind which rows are of the second segment; nil for one segment.
    package var separator: Int32?
    /// The row that stands for "not in this part": the first of the text on a masked model (`[CLS]`), the last in front
    /// of the context on a causal one.
    package var nullPlace: Int
    /// The rows of the part of the context.
    package var places: Range<Int>
    /// For each of these rows what it stands for in the context, in code points; empty where nothing.
    package var parts: [Range<Int>]
    /// Where the answer starts and ends: 0 for "not in this part", else one more than an index of ``parts``.
    package var start: Int32 = 0
    package var end: Int32 = 0
    package var lower: LowerRows?

    /// The rows whose scores compete: that of "not in this part", then those of the context.
    package var candidates: [Int] { [nullPlace] + places }

    /// The window with the answer in it, if all of it is in it.
    ///
    /// - Parameter answer: where it stands in the context, in code points.
    package func targeting(_ answer: Range<Int>) -> SpanWindow {
        var copy = self
        (copy.start, copy.end) = (0, 0)
        guard let first = parts.firstIndex(where: { !$0.isEmpty && $0.upperBound > answer.lowerBound }),
            let last = parts.lastIndex(where: { !$0.isEmpty && $0.lowerBound < answer.upperBound }),
            parts[first].lowerBound <= answer.lowerBound, parts[last].upperBound >= answer.upperBound,
            first <= last
        else { return copy }
        (copy.start, copy.end) = (Int32(first) + 1, Int32(last) + 1)
        return copy
    }
}

/// Makes windows of questions and contexts.
package struct SpanEncoder: Sendable {
    package let settings: SpanSettings
    private let tokenizer: any Tokenizer
    private let softRows: Int
    private let room: Int
    /// What stands in front of the question, between the two, and behind the context.
    private let frame: (front: [Int32], middle: [Int32], back: [Int32])
    private let separator: Int32?

    /// - Parameters:
    ///   - softRows: how many trained rows stand in front.
    ///   - room: how many positions a window may take, soft rows counted.
    ///   - isCausal: whether the model reads left to right: a line break then parts question and context, and
    ///     nothing is behind.
    package init(
        _ settings: SpanSettings, _ tokenizer: any Tokenizer, softRows: Int, room: Int, isCausal: Bool
    ) {
        self.settings = settings
        self.tokenizer = tokenizer
        self.softRows = softRows
        self.room = room
        frame =
            isCausal
            ? (tokenizer.framing.prefix, tokenizer.plainTokens(of: "\n"), []) : Self.pairFrame(tokenizer)
        separator = isCausal ? nil : tokenizer.specialTokens.separator
    }

    /// What a pair is framed with, found by framing two tokens that no vocabulary has.
    private static func pairFrame(_ tokenizer: any Tokenizer) -> (
        front: [Int32], middle: [Int32], back: [Int32]
    ) {
        let framed = tokenizer.frame([-1], with: [-2]).tokens
        guard let first = framed.firstIndex(of: -1), let second = framed.firstIndex(of: -2), first < second
        else {
            return (tokenizer.framing.prefix, [], tokenizer.framing.suffix)
        }
        return (Array(framed[..<first]), Array(framed[(first + 1)..<second]), Array(framed[(second + 1)...]))
    }

    /// The windows of a row: its fields `text` (the context) and `text_b` (the question).
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` where the question leaves no room for a context.
    package func windows(_ example: Example) throws -> [SpanWindow] {
        let question = tokenizer.plainTokens(of: example.fields["text_b"] ?? "").prefix(
            settings.longestQuestion)
        let context = TokenizedText(example.fields["text"] ?? "", tokenizer)
        let before =
            (0..<softRows).map(PromptRow.soft) + (frame.front + question + frame.middle).map(PromptRow.token)
        let capacity = room - before.count - frame.back.count
        guard capacity > 0, before.count > softRows else {
            throw PromptError.badSetting(
                name: "the limit", value: "\(room) positions",
                allowed: "more than \(before.count + frame.back.count), which question and prompt take")
        }
        var windows: [SpanWindow] = []
        var start = 0
        repeat {
            let end = min(start + capacity, context.tokens.count)
            windows.append(
                SpanWindow(
                    rows: before + (context.tokens[start..<end] + frame.back).map(PromptRow.token),
                    separator: separator, nullPlace: separator == nil ? before.count - 1 : softRows,
                    places: before.count..<before.count + end - start,
                    parts: Array(context.parts[start..<end])))
            if end == context.tokens.count { break }
            start += min(settings.stride, capacity)
        } while true
        return windows
    }
}
