/// A run that cannot learn, or a state that cannot be gone on from.
public enum TrainingError: Error, Hashable, CustomStringConvertible {
    /// No weight satisfies the condition for being trained.
    case nothingToTrain
    /// Weights that were to be trained got no gradient at the first step: the loss does not depend on them.
    case noGradient(names: [String])
    /// A loss or a gradient stopped being a number.
    case notFinite(step: Int, loss: Float, gradientNorm: Double?, rate: Float)
    /// A saved state lacks something, or has the wrong form.
    case badState(reason: String)
    /// The loss fell at none of the rates that were tried.
    case noDescent(lowest: Float, highest: Float)

    /// One sentence: what happened and what to do.
    public var description: String {
        switch self {
        case .nothingToTrain:
            "no weight is to be trained; check which names the method trains"
        case .noGradient(let names):
            "the loss does not depend on \(names.joined(separator: ", ")): nothing would be learned there; "
                + "check that the prompt reaches the model's input"
        case .notFinite(let step, let loss, let norm, let rate):
            "step \(step) at rate \(rate) gave loss \(loss)"
                + (norm.map { " and gradient norm \($0)" } ?? "")
                + "; lower the rate"
        case .badState(let reason):
            "this training state cannot be gone on from: \(reason)"
        case .noDescent(let lowest, let highest):
            "the loss fell at no rate from \(lowest) to \(highest); check the labels, or try another range"
        }
    }
}
