/// A pattern over parameter names.
///
/// `*` stands for one part of a name between dots, such as the number of a layer; `**` for any text. The text
/// that each star matched fills the stars of another pattern, in order.
struct NamePattern: Hashable, Sendable {
    private enum Piece: Hashable, Sendable {
        case literal(String)
        case part
        case any
    }

    private let pieces: [Piece]

    /// How many stars there are.
    var starCount: Int { pieces.count { $0 == .part || $0 == .any } }

    init(_ source: String) {
        var pieces: [Piece] = []
        var rest = source[...]
        while let star = rest.firstIndex(of: "*") {
            if star > rest.startIndex { pieces.append(.literal(String(rest[..<star]))) }
            rest = rest[rest.index(after: star)...]
            pieces.append(rest.first == "*" ? .any : .part)
            if rest.first == "*" { rest.removeFirst() }
        }
        if !rest.isEmpty { pieces.append(.literal(String(rest))) }
        self.pieces = pieces
    }

    /// What each star stands for in `name`, or nil where the name does not match.
    func match(_ name: String) -> [Substring]? { Self.match(pieces[...], name[...]) }

    /// The pattern with its stars replaced.
    func filled(with texts: [Substring]) -> String {
        var texts = texts[...]
        return pieces.map { piece in
            guard case .literal(let text) = piece else { return texts.popFirst().map(String.init) ?? "" }
            return text
        }.joined()
    }

    private static func match(_ pieces: ArraySlice<Piece>, _ name: Substring) -> [Substring]? {
        guard let first = pieces.first else { return name.isEmpty ? [] : nil }
        let rest = pieces.dropFirst()
        if case .literal(let text) = first {
            return name.hasPrefix(text) ? match(rest, name.dropFirst(text.count)) : nil
        }
        let longest = first == .part ? name.prefix { $0 != "." } : name
        var taken = longest
        // The longest text first, at least one character.
        while !taken.isEmpty {
            if let others = match(rest, name[taken.endIndex...]) { return [taken] + others }
            taken = taken.dropLast()
        }
        return nil
    }
}
