/// A place in a text that a person wrote, for showing it to that person.
public struct SourcePlace: Hashable, Sendable {
    /// The line, from 1.
    public let line: Int
    /// The column in characters as people count them, from 1.
    public let column: Int
    /// The line with a caret below the place; a long line is shown in part.
    public let excerpt: String

    /// How many characters are shown on either side of the caret.
    private static let reach = 60

    /// The place at an offset in Unicode scalars; the end of the source is a place too.
    init(in source: String, at offset: Int) {
        let scalars = Array(source.unicodeScalars)
        let place = min(offset, scalars.count)
        let start = scalars[..<place].lastIndex(of: "\n").map { $0 + 1 } ?? 0
        let end = scalars[place...].firstIndex(of: "\n") ?? scalars.count
        let front = Self.visible(scalars[start..<place])
        let back = Self.visible(scalars[place..<end])
        line = scalars[..<place].count { $0 == "\n" } + 1
        column = front.count + 1
        let shownFront = front.count > Self.reach ? "…" + front.suffix(Self.reach) : front
        let shownBack = back.count > Self.reach ? back.prefix(Self.reach) + "…" : back
        let indent = String(repeating: " ", count: displayWidth(of: shownFront))
        excerpt = "  \(shownFront)\(shownBack)\n  \(indent)^"
    }

    /// The text with a space for each control character, so that the caret stays below its place.
    private static func visible(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        for scalar in scalars where scalar != "\r" {
            text.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(text)
    }
}
