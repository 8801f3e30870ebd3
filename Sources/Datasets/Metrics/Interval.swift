/// A range in which a value probably lies.
public struct Interval: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The lower end.
    public let low: Double
    /// The upper end.
    public let high: Double

    /// Makes a range.
    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// The 95 % interval of a share, right even when few rows or nearly all answers are right.
    ///
    /// - Reference: Wilson 1927; without correction for continuity. No rows at all give 0 to 1.
    public static func wilson(right: Int, of count: Int) -> Interval {
        guard count > 0 else { return Interval(low: 0, high: 1) }
        let quantile = 1.959963984540054
        let (share, size) = (Double(right) / Double(count), Double(count))
        let square = quantile * quantile / size
        let centre = (share + square / 2) / (1 + square)
        let reach = quantile * (share * (1 - share) / size + square / (4 * size)).squareRoot() / (1 + square)
        return Interval(low: max(0, centre - reach), high: min(1, centre + reach))
    }

    /// The middle part of `values`, which need not be in order; ends between two values are interpolated, as NumPy's
    /// `percentile` does by default.
    package init(middle level: Double, of values: [Double]) {
        let ordered = values.sorted()
        func quantile(_ share: Double) -> Double {
            guard let last = ordered.indices.last else { return .nan }
            let place = share * Double(last)
            let lower = min(last, Int(place))
            return ordered[lower] + (place - Double(lower)) * (ordered[min(last, lower + 1)] - ordered[lower])
        }
        self.init(low: quantile((1 - level) / 2), high: quantile((1 + level) / 2))
    }

    /// The two ends with three digits.
    public var description: String { "[\(Digits.of(low, 3)), \(Digits.of(high, 3))]" }
}

/// Numbers as reports print them.
enum Digits {
    /// `value` with `places` digits after the point, in every locale the same.
    static func of(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "not a number" : "infinite" }
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let units = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(units % scale)
        let sign = value < 0 && units > 0 ? "-" : ""
        return "\(sign)\(units / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
