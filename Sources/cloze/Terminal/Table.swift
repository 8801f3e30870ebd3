import Prompts

/// Rows of cells in aligned columns; Hangul, Han and emoji count as two columns.
struct Table {
    /// On which side a column is even.
    enum Side {
        case left, right
    }

    private let header: [String]
    private let sides: [Side]
    private var rows: [[String]] = []

    /// A table with these columns; the first is left-aligned and the others right-aligned unless it is said.
    init(_ header: [String], _ sides: [Side] = []) {
        self.header = header
        self.sides = header.indices.map { sides.indices.contains($0) ? sides[$0] : $0 == 0 ? .left : .right }
    }

    /// Adds a row of as many cells as there are columns.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines, without a final line break; the header in bold where the terminal has it.
    func lines(_ terminal: Terminal) -> String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { displayWidth(of: $0[column]) }.max() ?? 0 }
        let lines = all.map { cells in
            let padded = cells.indices.map { pad(cells[$0], to: widths[$0], sides[$0]) }
            return padded.joined(separator: "  ").trimmingTrailingSpaces
        }
        return ([terminal.styled(lines[0], .bold)] + lines.dropFirst()).joined(separator: "\n")
    }

    private func pad(_ text: String, to width: Int, _ side: Side) -> String {
        switch side {
        case .left: padded(text, toColumns: width)
        case .right: String(repeating: " ", count: max(0, width - displayWidth(of: text))) + text
        }
    }
}

extension String {
    /// Without the spaces at its end.
    fileprivate var trimmingTrailingSpaces: String {
        var rest = self[...]
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
