public import Prompts

/// A learning rate as files and command lines write it: `automatic`, `automatic*3`, `range-test`, `0.01`.
public struct RateText: Sendable, Hashable {
    /// The rate.
    public let rate: LearningRate

    /// Reads a text; nil for what is no rate.
    public init?(_ text: String) {
        switch text {
        case "automatic": rate = .automatic
        case "range-test": rate = .rangeTest
        default:
            let isShare = text.hasPrefix("automatic*")
            guard let number = Float(isShare ? text.dropFirst("automatic*".count) : text[...]), number > 0,
                number.isFinite
            else { return nil }
            rate = isShare ? .automaticTimes(number) : .fixed(number)
        }
    }
}
