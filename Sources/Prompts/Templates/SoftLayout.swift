public import Tokenizers

/// Which trainable rows the soft slots of a template have, `[P, D]` in all, and how each starts.
public struct SoftLayout: Hashable, Sendable {
    /// How the rows of one definition start.
    public enum Start: Hashable, Sendable {
        /// From random numbers.
        case random
        /// From the embeddings of these tokens, one a row.
        case tokens([Int32])
    }

    /// The rows of one definition.
    public struct Block: Hashable, Sendable {
        /// The name that the template gives them.
        public let name: String?
        /// The rows within the prompt's `[P, D]`.
        public let rows: Range<Int>
        /// How they start.
        public let start: Start
    }

    /// The definitions in the order of the template.
    public private(set) var blocks: [Block] = []
    /// For each soft slot in the order of the template, the row at each of its positions.
    public private(set) var positions: [[Int]] = []

    /// `P`, the number of trainable rows.
    public var rowCount: Int { blocks.last?.rows.upperBound ?? 0 }

    /// Lays out the rows under a tokenizer, which decides how many rows words have.
    ///
    /// - Throws: ``TemplateError`` if words have more tokens than ``Template/softRowLimit``, or none.
    public init(_ template: Template, _ tokenizer: some Tokenizer) throws(TemplateError) {
        let continuation = Continuation(tokenizer)
        var rowsOfName: [String: [Int]] = [:]
        for (slot, isContinued) in zip(template.layout.slots, template.layout.isContinued) {
            guard case .soft(let soft) = slot else { continue }
            switch soft {
            case .reuse(let name):
                // The scanner has refused names that are not defined before.
                positions.append(rowsOfName[name] ?? [])
            case .definition(let rows, let name):
                let places = try add(rows, name) {
                    isContinued ? continuation.encode($0) : tokenizer.plainTokens(of: $0)
                }
                positions.append(places)
                if let name { rowsOfName[name] = places }
            }
        }
    }

    private mutating func add(
        _ rows: SoftRows, _ name: String?, encode: (String) -> [Int32]
    ) throws(TemplateError) -> [Int] {
        let first = rowCount
        switch rows {
        case .count(let count):
            blocks.append(Block(name: name, rows: first..<first + count, start: .random))
            return Array(first..<first + count)
        case .repeated(let count):
            blocks.append(Block(name: name, rows: first..<first + 1, start: .random))
            return Array(repeating: first, count: count)
        case .words(let words):
            let tokens = encode(words)
            guard !tokens.isEmpty else { throw TemplateError(.emptySoftWords) }
            guard Template.softRowLimit.contains(tokens.count) else {
                throw TemplateError(.softCountOutOfRange(tokens.count))
            }
            let block = Block(name: name, rows: first..<first + tokens.count, start: .tokens(tokens))
            blocks.append(block)
            return Array(block.rows)
        }
    }
}
