internal import Foundation

/// Numbers laid along a line of a picture.
struct Scale {
    let low: Double
    let high: Double
    let start: Double
    let end: Double

    /// A scale over values, from the one end of the line to the other; its ends are round numbers around them.
    init(_ values: [Double], from start: Double, to end: Double, within limits: ClosedRange<Double>? = nil) {
        let (least, most) = (values.min() ?? 0, values.max() ?? 1)
        let step = Self.step(max(most - least, 1e-9))
        var (low, high) = ((least / step).rounded(.down) * step, (most / step).rounded(.up) * step)
        if high - low < step { (low, high) = (low - step, high + step) }
        if let limits { (low, high) = (max(low, limits.lowerBound), min(high, limits.upperBound)) }
        (self.low, self.high, self.start, self.end) = (low, high, start, end)
    }

    /// Where a value lies.
    func callAsFunction(_ value: Double) -> Double {
        high == low ? start : start + (value - low) / (high - low) * (end - start)
    }

    /// Round values to mark, about five.
    var ticks: [Double] {
        let step = Self.step(high - low)
        let first = (low / step - 1e-9).rounded(.up) * step
        return (0..<12).map { first + Double($0) * step }.filter { $0 <= high + step * 1e-6 }
    }

    /// A mark as text: as many digits as the marks need.
    func label(_ tick: Double) -> String {
        let digits = max(0, Int((-log10(Self.step(high - low))).rounded(.up)))
        return tick.rounded(min(6, digits))
    }

    /// 1, 2 or 5 times a power of ten, of which about five make the range.
    private static func step(_ range: Double) -> Double {
        let rough = max(range, 1e-12) / 5
        let power = pow(10, log10(rough).rounded(.down))
        let factor = rough / power
        return power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10)
    }
}
