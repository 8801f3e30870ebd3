import Foundation

/// The date that a template may ask for, in the words of C's `strftime`, in English.
struct JinjaClock {
    /// A directive that is not among those of chat templates.
    struct UnknownDirective: Error {
        var name: String
    }

    private let parts: DateComponents

    init(_ date: Date, _ zone: TimeZone) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        parts = calendar.dateComponents([.year, .month, .day, .weekday, .hour, .minute, .second], from: date)
    }

    func written(_ format: String) throws(UnknownDirective) -> String {
        var result = ""
        var characters = format.unicodeScalars.makeIterator()
        while let next = characters.next() {
            guard next == "%" else {
                result.unicodeScalars.append(next)
                continue
            }
            guard let directive = characters.next() else { throw UnknownDirective(name: "%") }
            if directive == "-", let plain = characters.next() {
                result += try part(plain, pads: false)
            } else {
                result += try part(directive, pads: true)
            }
        }
        return result
    }

    private func part(_ directive: Unicode.Scalar, pads: Bool) throws(UnknownDirective) -> String {
        let (month, weekday, hour) = (parts.month ?? 1, parts.weekday ?? 1, parts.hour ?? 0)
        func number(_ value: Int?) -> String {
            let text = "\(value ?? 0)"
            return pads && text.count < 2 ? "0" + text : text
        }
        return switch directive {
        case "Y": "\(parts.year ?? 0)"
        case "y": number((parts.year ?? 0) % 100)
        case "m": number(month)
        case "d": number(parts.day)
        case "H": number(hour)
        case "I": number((hour + 11) % 12 + 1)
        case "M": number(parts.minute)
        case "S": number(parts.second)
        case "p": hour < 12 ? "AM" : "PM"
        case "B": Self.months[month - 1]
        case "b", "h": String(Self.months[month - 1].prefix(3))
        case "A": Self.days[weekday - 1]
        case "a": String(Self.days[weekday - 1].prefix(3))
        case "%": "%"
        default: throw UnknownDirective(name: "%\(directive)")
        }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November",
        "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
}
