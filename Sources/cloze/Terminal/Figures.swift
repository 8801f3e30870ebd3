import Foundation

/// Numbers as people read them; the same in every locale.
enum Figures {
    /// A number with so many digits behind the point.
    static func decimal(_ value: Double, _ places: Int) -> String {
        value.isFinite ? String(format: "%.\(places)f", value) : "\(value)"
    }

    /// A share as a percentage, `91.5 %`.
    static func percent(_ share: Double) -> String { decimal(share * 100, 1) + " %" }

    /// A probability of chance, `p = 0.0312`; what rounds to nothing is below the last digit.
    static func probability(_ value: Double) -> String {
        value < 0.00005 ? "p < 0.0001" : "p = " + decimal(value, 4)
    }

    /// Bytes in the largest unit that leaves at least 1.
    static func bytes(_ count: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard count >= 1024 else { return "\(count) B" }
        var (value, unit) = (Double(count) / 1024, 0)
        while value >= 1024, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return decimal(value, value < 10 ? 1 : 0) + " " + units[unit]
    }

    /// A whole number with commas at the thousands.
    static func count(_ value: Int) -> String {
        let digits = Array(String(abs(value)))
        let grouped = digits.enumerated().map { place, digit in
            let rest = digits.count - place - 1
            return rest > 0 && rest % 3 == 0 ? "\(digit)," : "\(digit)"
        }
        return (value < 0 ? "-" : "") + grouped.joined()
    }

    /// Seconds with as many digits as matter.
    static func seconds(_ value: Double) -> String {
        switch value {
        case ..<1: decimal(value, 2) + " s"
        case ..<100: decimal(value, 1) + " s"
        default: clock(value) + " min"
        }
    }

    /// Seconds as `m:ss`, or `h:mm:ss` from an hour on.
    static func clock(_ value: Double) -> String {
        let seconds = Int(value.rounded(.up))
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        let tail = String(format: "%02d", seconds % 60)
        return hours > 0 ? "\(hours):" + String(format: "%02d", minutes) + ":" + tail : "\(minutes):" + tail
    }
}
