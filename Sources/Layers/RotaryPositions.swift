import Foundation
package import Tensors

/// Rotary positions (Su et al. 2021): how fast each pair of a head's coordinates turns.
package struct RotaryPositions: Hashable, Sendable {
    /// How the speeds are changed for texts longer than the model was first trained on.
    ///
    /// The formulas are those of Hugging Face's `modeling_rope_utils`; speeds that depend on the length of
    /// the text at hand (`dynamic`, `longrope`) are not among them, since they would make a cached row wrong.
    package enum Scaling: Hashable, Sendable {
        case none
        /// Every speed divided by `factor` (Chen et al. 2023).
        case linear(factor: Double)
        /// Llama 3.1: slow pairs divided by `factor`, fast ones kept, a ramp between.
        case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, originalLength: Double)
        /// Every speed divided by a factor of its own, one a pair, as GGUF files keep Llama 3.1's.
        case divided(by: [Float])
        /// YaRN (Peng et al. 2023, §3.2 and §3.4).
        case yarn(YarnScaling)
    }

    /// The numbers of YaRN.
    package struct YarnScaling: Hashable, Sendable {
        package var factor: Double
        /// Pairs that turn more often than this within the original length are kept as they are.
        package var fastTurns: Double
        /// Pairs that turn less often than this are divided by `factor`.
        package var slowTurns: Double
        package var originalLength: Double
        /// What cosine and sine are multiplied by; nil for `0.1 ln(factor) + 1`.
        package var attentionFactor: Double?
        /// Whether the ends of the ramp are rounded to whole pairs.
        package var roundsRamp: Bool

        package init(
            factor: Double, fastTurns: Double = 32, slowTurns: Double = 1, originalLength: Double,
            attentionFactor: Double? = nil, roundsRamp: Bool = true
        ) {
            self.factor = factor
            self.fastTurns = fastTurns
            self.slowTurns = slowTurns
            self.originalLength = originalLength
            self.attentionFactor = attentionFactor
            self.roundsRamp = roundsRamp
        }
    }

    package let headWidth: Int
    /// Radians a position, one a pair.
    package let frequencies: [Float]
    /// What cosine and sine are multiplied by.
    package let magnitude: Float

    /// The speeds for heads of `headWidth`.
    ///
    /// - Parameter base: the wavelength of the slowest pair, in positions over 2π (`rope_theta`).
    package init(headWidth: Int, base: Double, scaling: Scaling = .none) {
        let plain = (0..<headWidth / 2).map { pow(base, -Double(2 * $0) / Double(headWidth)) }
        let speeds: [Double]
        switch scaling {
        case .none:
            speeds = plain
        case .linear(let factor):
            speeds = plain.map { $0 / factor }
        case .llama3(let factor, let low, let high, let length):
            speeds = plain.map { Self.llama3($0, factor, low, high, length) }
        case .divided(let factors):
            precondition(
                factors.count == plain.count, "rotary: \(factors.count) factors, \(plain.count) pairs")
            speeds = zip(plain, factors).map { $0 / Double($1) }
        case .yarn(let yarn):
            speeds = yarn.speeds(plain, headWidth: headWidth, base: base)
        }
        self.headWidth = headWidth
        frequencies = speeds.map(Float.init)
        if case .yarn(let yarn) = scaling { magnitude = Float(yarn.magnitude) } else { magnitude = 1 }
    }

    /// The angles of packed rows at the given positions.
    package func angles(_ positions: [Int32]) -> RotaryAngles {
        RotaryAngles(
            positions: positions, frequencies: frequencies, magnitude: magnitude, headWidth: headWidth)
    }

    private static func llama3(
        _ speed: Double, _ factor: Double, _ low: Double, _ high: Double, _ length: Double
    ) -> Double {
        let turns = length * speed / (2 * .pi)
        if turns < low { return speed / factor }
        if turns > high { return speed }
        let share = (turns - low) / (high - low)
        return (1 - share) * speed / factor + share * speed
    }
}

extension RotaryPositions.YarnScaling {
    /// What cosine and sine are multiplied by.
    package var magnitude: Double { attentionFactor ?? (factor <= 1 ? 1 : 0.1 * log(factor) + 1) }

    fileprivate func speeds(_ plain: [Double], headWidth: Int, base: Double) -> [Double] {
        /// The pair, as a fraction, that turns `turns` times within the original length.
        func pair(_ turns: Double) -> Double {
            Double(headWidth) * log(originalLength / (turns * 2 * .pi)) / (2 * log(base))
        }
        let (fast, slow) = (pair(fastTurns), pair(slowTurns))
        let low = max(roundsRamp ? fast.rounded(.down) : fast, 0)
        var high = min(roundsRamp ? slow.rounded(.up) : slow, Double(headWidth - 1))
        if low == high { high += 0.001 }
        return plain.enumerated().map { index, speed in
            let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
            return speed / factor * ramp + speed * (1 - ramp)
        }
    }
}
