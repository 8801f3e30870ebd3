/// How confidence and accuracy go together, before and after a calibration, as a picture and as text.
///
/// - Reference: Niculescu-Mizil & Caruana 2005; Guo et al. 2017, figure 1.
public struct ReliabilityDiagram: Hashable, Sendable {
    /// One curve of the diagram.
    public struct Curve: Hashable, Sendable {
        /// What it is called, `before` or `after`.
        public let name: String
        /// Its bins and error.
        public let calibration: Calibration

        /// A named curve.
        public init(name: String, calibration: Calibration) {
            self.name = name
            self.calibration = calibration
        }
    }

    /// The curves, at least one.
    public let curves: [Curve]
    private static let side = 320.0
    private static let margin = 48.0
    private static let gap = 40.0

    /// A diagram of curves.
    public init(_ curves: [Curve]) { self.curves = curves }

    // MARK: Text

    private static let barWidth = 30

    /// One line a bin that has answers: its range, its answers, its confidence, and a bar of its accuracy on
    /// which `|` marks the confidence.
    public var text: String {
        curves.map { curve in
            let bins = curve.calibration.bins
            let lines = bins.indices.filter { bins[$0].count > 0 }.map { line(bins[$0], $0, of: bins.count) }
            let title = "\(curve.name): expected calibration error \(Digits.of(curve.calibration.error, 3))"
            return ([title, "confidence     rows  stated  right"] + lines).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    private func line(_ bin: Calibration.Bin, _ index: Int, of count: Int) -> String {
        let (low, high) = (Double(index) / Double(count), Double(index + 1) / Double(count))
        let rows = String(bin.count)
        let filled = Int((bin.accuracy * Double(Self.barWidth)).rounded())
        let mark = min(Self.barWidth - 1, Int(bin.confidence * Double(Self.barWidth)))
        let bar = (0..<Self.barWidth).map { $0 == mark ? "|" : $0 < filled ? "█" : "·" }.joined()
        let padding = String(repeating: " ", count: max(0, 7 - rows.count))
        return
            "\(Digits.of(low, 2)) to \(Digits.of(high, 2)) \(padding)\(rows)  \(Digits.of(bin.confidence, 3))   "
            + "\(Digits.of(bin.accuracy, 3)) \(bar)"
    }

    // MARK: Picture

    /// An SVG document: a square a curve, a bar a bin as high as its accuracy, and the line on which confidence and
    /// accuracy agree.
    public var svg: String {
        let width = Self.margin + Double(curves.count) * (Self.side + Self.gap)
        let height = Self.side + 2 * Self.margin + 8
        let head =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.n(width)) \(Self.n(height))\" "
            + "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        let squares = curves.enumerated().map { index, curve in
            square(curve, left: Self.margin + Double(index) * (Self.side + Self.gap))
        }
        return head + squares.joined() + "</svg>\n"
    }

    private func square(_ curve: Curve, left: Double) -> String {
        let (top, side) = (Self.margin, Self.side)
        let bottom = top + side
        let bins = curve.calibration.bins
        let barWidth = side / Double(max(1, bins.count))
        var parts = [
            Self.label(
                left + side / 2, top - 14,
                "\(Self.escaped(curve.name)): ECE \(Digits.of(curve.calibration.error, 3))", "middle")
        ]
        for (index, bin) in bins.enumerated() where bin.count > 0 {
            let x = left + Double(index) * barWidth
            let y = bottom - bin.accuracy * side
            parts.append(
                "<rect x=\"\(Self.n(x + 1))\" y=\"\(Self.n(y))\" width=\"\(Self.n(barWidth - 2))\" "
                    + "height=\"\(Self.n(bin.accuracy * side))\" fill=\"#4c78a8\"><title>\(bin.count) rows, stated "
                    + "\(Digits.of(bin.confidence, 3)), right \(Digits.of(bin.accuracy, 3))</title></rect>\n")
            parts.append(
                "<circle cx=\"\(Self.n(left + bin.confidence * side))\" cy=\"\(Self.n(y))\" r=\"3\" fill=\"#e45756\"/>\n"
            )
        }
        parts.append(
            "<rect x=\"\(Self.n(left))\" y=\"\(Self.n(top))\" width=\"\(Self.n(side))\" height=\"\(Self.n(side))\" "
                + "fill=\"none\" stroke=\"#333\"/>\n<line x1=\"\(Self.n(left))\" y1=\"\(Self.n(bottom))\" "
                + "x2=\"\(Self.n(left + side))\" y2=\"\(Self.n(top))\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>\n"
        )
        for tick in [0.0, 0.5, 1.0] {
            parts.append(Self.label(left + tick * side, bottom + 16, Digits.of(tick, 1), "middle"))
            parts.append(Self.label(left - 6, bottom - tick * side + 4, Digits.of(tick, 1), "end"))
        }
        parts.append(
            Self.label(left + side / 2, bottom + 34, "confidence; bars: share of right answers", "middle"))
        return parts.joined()
    }

    private static func label(_ x: Double, _ y: Double, _ text: String, _ anchor: String) -> String {
        "<text x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor)\">\(text)</text>\n"
    }

    private static func n(_ value: Double) -> String { Digits.of(value, 1) }

    private static func escaped(_ text: String) -> String {
        text.map { $0 == "<" ? "&lt;" : $0 == "&" ? "&amp;" : String($0) }.joined()
    }
}
