package import Tensors

/// What is made smaller so that the right answer scores above the others.
public enum AnswerLoss: String, Codable, CaseIterable, Sendable {
    /// Minus the log-probability of the right label among the labels.
    case crossEntropy = "cross-entropy"
    /// How far each other answer is from being less likely than the right one by a factor of e, added up: PET's loss for
    /// answers of several masks (Schick & Schütze 2021b, §3.1), whose probabilities share no softmax.
    case margin
}

extension AnswerLoss {
    /// The mean over prompts, in nats.
    ///
    /// - Parameters:
    ///   - scores: `[N, C]`, the log-probability of each answer among the answers.
    ///   - targets: the right answer of each prompt.
    package func callAsFunction(_ scores: Tensor, _ targets: [Int32]) -> Tensor {
        switch self {
        case .crossEntropy: scores.picking(targets).mean().scaled(by: -1)
        case .margin: scores.marginLoss(targets)
        }
    }
}

extension Tensor {
    /// The mean over rows of Σ max(0, 1 − log q(right) + log q(other)) over the other answers.
    ///
    /// Answers that a row does not have (``absentScore``) count as none. Only differences count, so scores may be normalised over the answers or not. The paper's sums over an answer's
    /// tokens are the caller's; PET's code takes their mean in some tasks.
    package func marginLoss(_ targets: [Int32]) -> Tensor {
        precondition(shape.rank == 2 && targets.count == shape.rows, "marginLoss: \(shape), \(targets.count)")
        let (width, values) = (Int32(shape.width), floats)
        var (right, other) = ([Int32](), [Int32]())
        for (row, target) in targets.enumerated() {
            for answer in 0..<width
            where answer != target && values[row * shape.width + Int(answer)] > Self.absentScore / 2 {
                right.append(Int32(row) * width + target)
                other.append(Int32(row) * width + answer)
            }
        }
        let column = reshaped([shape.count, 1])
        return (column.rows(other) - column.rows(right)).scaled(by: 1, plus: 1).applying(.relu).sum()
            .scaled(by: 1 / Float(max(1, targets.count)))
    }
}
