internal import Foundation

/// Corrects label probabilities by an offset of each label and a temperature.
///
/// Every calibration here is of one form, `softmax(log p / T + b)`:
///
/// - **contextual** (Zhao et al. 2021, §5): `T = 1`, `b = -log p(label | no content)`;
///   see ``ContextualCalibration``. It belongs to one set and order of examples.
/// - **batch** (Zhou et al. 2024, equation 7; 2309.17249): `T = 1`, `b` minus the logarithm of the mean
///   probability that the label has over many questions, whose own labels nobody needs to know.
/// - **temperature** (Guo et al. 2017, §4.2) and **bias** (the same with an offset of each label; their vector
///   scaling with one scale for all labels): fitted on rows whose labels are known; see ``TemperatureFit``.
public struct LabelCalibration: Hashable, Codable, Sendable {
    /// What the numbers come from.
    public enum Method: String, CaseIterable, Codable, Sendable {
        case contextual, batch, temperature, bias

        /// Whether it is fitted on rows with labels.
        public var needsLabels: Bool { self == .temperature || self == .bias }
    }

    /// What the numbers come from.
    public let method: Method
    /// `T`; 1 leaves the sharpness of the probabilities as it is.
    public let temperature: Float
    /// `b`, one a label, in nats.
    public let offsets: [Float]
    /// How many rows, or inputs without content, the numbers come from.
    public let rows: Int

    /// A calibration of numbers.
    public init(method: Method, temperature: Float = 1, offsets: [Float], rows: Int) {
        self.method = method
        self.temperature = temperature
        self.offsets = offsets
        self.rows = rows
    }

    /// The contextual calibration of the label probabilities of inputs without content, `[inputs][labels]`.
    public static func contextual(_ probabilities: [[Float]]) -> LabelCalibration {
        let prior = ContextualCalibration(averaging: probabilities).contentFree
        return LabelCalibration(method: .contextual, offsets: against(prior), rows: probabilities.count)
    }

    /// The batch calibration of the label probabilities of many questions, `[questions][labels]`.
    public static func batch(_ probabilities: [[Float]]) -> LabelCalibration {
        // The mean over questions is what the contextual one takes over inputs without content.
        let prior = ContextualCalibration(averaging: probabilities).contentFree
        return LabelCalibration(method: .batch, offsets: against(prior), rows: probabilities.count)
    }

    private static func against(_ prior: [Float]) -> [Float] {
        prior.map { -LabelScores.log(max($0, smallest)) }
    }

    /// A label that is impossible would have an infinite offset.
    static let smallest: Float = 1e-30

    /// The calibrated probabilities, in the same order, which sum to 1.
    ///
    /// - Parameter probabilities: as many as there are offsets.
    public func calibrated(_ probabilities: [Float]) -> [Float] {
        softmax(
            zip(probabilities, offsets).map {
                LabelScores.log(max($0, Self.smallest)) / temperature + $1
            })
    }
}

/// Why probabilities cannot be calibrated, or no threshold can be chosen.
public enum CalibrationError: Error, Hashable, Sendable {
    /// There are too few rows with labels for numbers that could be trusted.
    case tooFewRows(what: String, found: Int, needed: Int)
    /// No threshold reaches the precision; the best that one reaches is given.
    case precisionOutOfReach(wanted: Double, best: Double)
    /// A precision that is no share.
    case badPrecision(Double)
    /// Contextual calibration puts words without content into fields; this task's answers come with its rows.
    case choices
}

extension CalibrationError: CustomStringConvertible {
    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .tooFewRows(let what, let found, let needed):
            "\(what) needs at least \(needed) rows that are held out, and there are \(found); give more"
        case .precisionOutOfReach(let wanted, let best):
            "no threshold reaches a precision of \(wanted) on the held-out rows; the best that one reaches on enough "
                + "of them is \((best * 1000).rounded() / 1000)"
        case .badPrecision(let precision):
            "a precision is more than 0 and at most 1, not \(precision)"
        case .choices:
            "where the choices come with each row, no label has a probability of its own that could be corrected; use "
                + "--rule pmi or domain-pmi instead"
        }
    }
}
