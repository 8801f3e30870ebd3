/// A picture made of lines, circles and texts, as SVG that stands by itself or in a page.
///
/// Ink is the text's colour around it, so that a picture suits a light page and a dark one; series have colours that
/// people with any colour vision tell apart (Okabe & Ito 2008).
package struct Drawing {
    package let width: Double
    package let height: Double
    private let title: String
    private var shapes: [String] = []

    /// Colours of series, in order; the ninth is the first again.
    static let colours = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f",
    ]

    static func colour(_ index: Int) -> String { colours[index % colours.count] }

    /// An empty picture.
    ///
    /// - Parameter title: what it shows, for those who cannot see it.
    package init(width: Double, height: Double, title: String) {
        (self.width, self.height, self.title) = (width, height, title)
    }

    enum Anchor: String { case start, middle, end }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, colour: String = "currentColor",
        width: Double = 1,
        opacity: Double = 1, dashes: String? = nil
    ) {
        let dash = dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        shapes.append(
            "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" stroke=\"\(colour)\" "
                + "stroke-width=\"\(n(width))\" stroke-opacity=\"\(opacity)\"\(dash)/>")
    }

    mutating func path(
        _ points: [(x: Double, y: Double)], colour: String, width: Double = 2, dashes: String? = nil
    ) {
        guard points.count > 1 else { return }
        let dash = dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        let list = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
        shapes.append(
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(n(width))\" "
                + "stroke-linejoin=\"round\"\(dash)/>")
    }

    mutating func circle(
        _ x: Double, _ y: Double, radius: Double = 3.5, colour: String, opacity: Double = 1, says: String = ""
    ) {
        let tip = says.isEmpty ? "/>" : "><title>\(says.escapedForMarkup)</title></circle>"
        shapes.append(
            "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" fill=\"\(colour)\" fill-opacity=\"\(opacity)\""
                + tip)
    }

    mutating func box(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, colour: String, opacity: Double = 1,
        says: String = ""
    ) {
        let tip = says.isEmpty ? "/>" : "><title>\(says.escapedForMarkup)</title></rect>"
        shapes.append(
            "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" fill=\"\(colour)\" "
                + "fill-opacity=\"\(opacity)\"" + tip)
    }

    mutating func text(
        _ x: Double, _ y: Double, _ text: String, _ anchor: Anchor = .start, size: Double = 12,
        colour: String = "currentColor"
    ) {
        shapes.append(
            "<text x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor.rawValue)\" font-size=\"\(n(size))\" "
                + "fill=\"\(colour)\">\(text.escapedForMarkup)</text>")
    }

    /// The picture within a page.
    package var inline: String {
        "<svg viewBox=\"0 0 \(n(width)) \(n(height))\" role=\"img\" aria-label=\"\(title.escapedForMarkup)\" "
            + "font-family=\"system-ui, sans-serif\" style=\"max-width:\(n(width * 1.15))px\">\n"
            + shapes.joined(separator: "\n") + "\n</svg>\n"
    }

    /// The picture as a file, which follows the reader's choice of light or dark.
    package var file: String {
        let style =
            "<style>svg{color:#222;background:#fff}@media (prefers-color-scheme:dark){svg{color:#ddd;background:#161618}}"
            + "</style>"
        let head =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(n(width)) \(n(height))\" width=\"\(n(width))\" "
            + "height=\"\(n(height))\" font-family=\"system-ui, sans-serif\">"
        return
            "\(head)<title>\(title.escapedForMarkup)</title>\(style)\n\(shapes.joined(separator: "\n"))\n</svg>\n"
    }

    private func n(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}

extension String {
    /// Without the signs that mean something in HTML and SVG, and without control characters, which no XML may hold.
    var escapedForMarkup: String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n": escaped += " "
            case _ where character.value < 32 || (0xFFFE...0xFFFF).contains(character.value):
                escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
