/// A length of time as people write it: `90s`, `20m`, `1h30m`, `0.5h`.
public struct TimeText: Sendable, Hashable {
    /// The length in seconds, above 0.
    public let seconds: Double

    /// Reads a text.
    ///
    /// - Returns: nil for a text without units, with a unit twice or out of order, and for no time at all.
    public init?(_ text: String) {
        let units: [(letter: Character, seconds: Double)] = [("h", 3600), ("m", 60), ("s", 1)]
        var (rest, total, next) = (text[...], 0.0, 0)
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits), let letter = rest.dropFirst(digits.count).first,
                let unit = units.firstIndex(where: { $0.letter == letter }), unit >= next
            else { return nil }
            total += number * units[unit].seconds
            next = unit + 1
            rest = rest.dropFirst(digits.count + 1)
        }
        guard total > 0, total.isFinite else { return nil }
        seconds = total
    }

    /// A time in the two largest units that say something, `1h 30m`, `12m 5s`, `7.3s`.
    public static func written(_ seconds: Double) -> String {
        guard seconds >= 60 else {
            return seconds < 10 ? "\((seconds * 10).rounded() / 10)s" : "\(Int(seconds.rounded()))s"
        }
        let whole = Int(seconds.rounded())
        guard whole >= 3600 else {
            return whole % 60 == 0 ? "\(whole / 60)m" : "\(whole / 60)m \(whole % 60)s"
        }
        let minutes = whole % 3600 / 60
        return minutes == 0 ? "\(whole / 3600)h" : "\(whole / 3600)h \(minutes)m"
    }
}
