import Datasets
import Experiments

/// A condition on a measured value, `accuracy>=0.85`.
struct Gate {
    let text: String
    let metric: Metric
    private let bound: Double
    private let includesBound: Bool

    /// Reads a gate.
    ///
    /// - Throws: `ExperimentError/badGate`, `DatasetError/unknownMetric`.
    init(_ text: String) throws {
        guard let sign = text.firstIndex(of: ">") else { throw ExperimentError.badGate(text) }
        let rest = text[text.index(after: sign)...]
        includesBound = rest.first == "="
        guard let bound = Double(String(includesBound ? rest.dropFirst() : rest).trimmed), bound.isFinite
        else {
            throw ExperimentError.badGate(text)
        }
        self.text = text
        self.bound = bound
        metric = try Metric(named: String(text[..<sign]).trimmed)
    }

    /// Whether a value passes.
    func admits(_ value: Double) -> Bool { includesBound ? value >= bound : value > bound }
}
