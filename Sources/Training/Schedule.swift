import Foundation

/// How the learning rate changes over a run; the definitions are those of transformers.
public enum Schedule: Hashable, Codable, Sendable {
    /// The base rate, reached in `warmup` steps.
    case constant(warmup: Int = 0)
    /// Up in `warmup` steps, then down in a straight line to 0 at `total`.
    case linear(warmup: Int = 0, total: Int)
    /// Up in `warmup` steps, then down along half a cosine to 0 at `total`.
    case cosine(warmup: Int = 0, total: Int)

    /// The rate of a step, counted from 0, as a share of the base rate.
    public func share(at step: Int) -> Double {
        switch self {
        case .constant(let warmup):
            return step < warmup ? Self.rise(step, warmup) : 1
        case .linear(let warmup, let total):
            guard step >= warmup else { return Self.rise(step, warmup) }
            return max(0, Double(total - step) / Double(max(1, total - warmup)))
        case .cosine(let warmup, let total):
            guard step >= warmup else { return Self.rise(step, warmup) }
            // Past the end transformers' cosine comes up again; a rate that was 0 stays 0 here.
            let progress = min(1, Double(step - warmup) / Double(max(1, total - warmup)))
            return max(0, 0.5 * (1 + cos(.pi * progress)))
        }
    }

    private static func rise(_ step: Int, _ warmup: Int) -> Double { Double(step) / Double(max(1, warmup)) }
}
