package import Layers
package import Tensors
internal import Training

/// ProtoVerb's two losses on cached states (Cui et al. 2022, §3.2, equations 3 to 5): an instance is near its label's
/// prototype and far from the others', and nearer to instances of its label than to others.
///
/// The sums are divided as OpenPrompt divides them, written for any number of rows a label: with `n` rows of each of `C`
/// labels its `n · C²` is `rows · C`, and its `n² · C²` is `rows²`. All rows make one step.
package struct PrototypeObjective: Objective {
    private let readout: PrototypeReadout
    /// `[rows, D]`.
    private let states: Tensor
    private let labels: [Int32]

    package init(_ readout: PrototypeReadout, states: Tensor, labels: [Int32]) {
        self.readout = readout
        self.states = states
        self.labels = labels
    }

    package func loss(_ batch: WholeBatch.Batch, _ pass: Pass) -> Tensor {
        let points = readout.points(states, pass)
        let prototypes = readout.cosines(points, pass).crossEntropy(labels)
            .scaled(by: 1 / Float(readout.labels.count))
        return prototypes + instances(points)
    }

    /// Over all pairs of one label, a row with itself too: minus the log of e^S over e^S plus the sum of the first one's
    /// e^S with all rows of other labels.
    private func instances(_ points: Tensor) -> Tensor {
        let count = labels.count
        let same = Tensor(pairs { $0 == $1 }, shape: [count, count], on: points.backend)
        let other = Tensor(pairs { $0 != $1 }, shape: [count, count], on: points.backend)
        let ones = Tensor(repeating: 1, shape: [count, count], on: points.backend)
        let cosines = points.matmul(points)
        let powers = cosines.applying(.exp)
        let all = powers + (powers * other).matmul(ones)
        return ((all.applying(.log) - cosines) * same).sum().scaled(by: 1 / Float(count * count))
    }

    private func pairs(_ holds: (Int32, Int32) -> Bool) -> [Float] {
        labels.flatMap { one in labels.map { holds(one, $0) ? 1 : 0 } }
    }
}

/// One batch of everything, again and again.
package struct WholeBatch: BatchSource {
    /// Nothing is chosen.
    package struct Batch: Sendable {
        package init() {}
    }

    package init() {}

    package func batch(_ index: Int) -> Batch { Batch() }
}
