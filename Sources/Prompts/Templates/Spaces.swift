extension Character {
    /// Whether it is a space within a line: spaces of any width and tabs, but no line breaks.
    var isSpaceInLine: Bool { isWhitespace && !isNewline }
}

extension String {
    var withoutFinalSpaces: String {
        var rest = Substring(self)
        while rest.last?.isSpaceInLine == true {
            rest.removeLast()
        }
        return String(rest)
    }

    var withoutLeadingSpaces: String { String(drop(while: \.isSpaceInLine)) }
}
