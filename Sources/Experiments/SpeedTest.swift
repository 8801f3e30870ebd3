internal import Datasets
internal import Foundation
internal import Layers
public import Models
internal import Prompts
internal import Tensors
internal import Training

/// How fast work on real rows is, beside the floor: its floating-point operations over the rate of matrix
/// products that this machine reaches in the same minute.
public struct SpeedTest: Sendable {
    private let pretrained: PretrainedModel
    private let task: TaskSource

    /// A test of a model on a task's rows.
    public init(_ pretrained: PretrainedModel, _ task: TaskSource) {
        self.pretrained = pretrained
        self.task = task
    }

    /// What was measured.
    public struct Result: Codable, Sendable {
        /// The version of this layout.
        public var schema = 1
        /// `prompt-tuning step` or `zero-shot scoring`.
        public var work: String
        /// The median, for a step or for all rows.
        public var seconds: Double
        /// Examples a step, or in all.
        public var examples: Int
        /// Tokens of the examples, soft rows not counted.
        public var realTokens: Int
        /// Rows that went through the layers: what several examples start with counts once.
        public var computedRows: Int
        /// Floating-point operations a second of one large matrix product (2048 x 1536 x 576), in this run.
        public var matrixRate: Double
        /// The operations of the layers' products for the computed rows, over that rate.
        public var floorSeconds: Double
        /// The most bytes that the process held at once.
        public var peakBytes: Int

        /// Examples a second.
        public var examplesASecond: Double { Double(examples) / seconds }
        /// How much of the time the floor explains.
        public var shareOfFloor: Double { floorSeconds / seconds }
    }

    /// Steps of prompt tuning on the pool's rows in file order; the first step warms up.
    ///
    /// - Parameters:
    ///   - softRows: how many soft rows stand in front.
    ///   - batch: examples a step.
    ///   - steps: how many are timed.
    ///   - limit: how many positions a prompt may have.
    public func promptTuningStep(softRows: Int, batch: Int, steps: Int, limit: Int) throws -> Result {
        var settings = PromptTuning.Settings()
        settings.rows = softRows
        let method = PromptTuning(settings)
        let question = task.promptTask(limit: limit)
        let setup = try PromptSetup(question, template: try method.template(for: question), pretrained)
        let rows = try task.rows(task.pool, limit: batch * (steps + 1))
        let prompts = try setup.prompts(rows)
        var random = CounterRandom(seed: 0)
        let start = settings.initialisation.rows(
            setup.encoder.softLayout, pretrained, words: setup.words, random: &random)
        var state = try TrainingState(training: NamedTensors([SoftPrompt.parameterName: start]))
        let batches = InOrder(elements: prompts, size: batch)
        let plan = TrainingSettings(steps: steps + 1, rate: 1e-3)
        var seconds: [Double] = []
        _ = try Trainer(setup.objective, plan).run(
            &state, over: pretrained.weights, batches: batches,
            observe: { if case .step(let report) = $0 { seconds.append(report.seconds) } })
        let counts = (1...max(1, steps)).map {
            Self.rows(batches.batch($0).map(\.prompt), softRows: softRows)
        }
        let computed = counts.reduce(0) { $0 + $1.computed } / counts.count
        return result(
            "prompt-tuning step", Self.median(Array(seconds.dropFirst())), examples: batch,
            real: counts.reduce(0) { $0 + $1.real } / counts.count, computed: computed, passes: 2)
    }

    /// Scores rows with the template as it is; the whole is done three times and the median taken.
    public func zeroShotScoring(rows count: Int, limit: Int) throws -> Result {
        let question = task.promptTask(limit: limit)
        let rows = try task.rows(task.test ?? task.pool, limit: count)
        let prompt = try Prompt.hard(question, pretrained)
        let predictor = try Predictor([prompt], pretrained)
        let seconds = try (0..<3).map { _ in
            let start = Date()
            _ = try predictor.predict(rows.examples, with: prompt.id)
            return Date().timeIntervalSince(start)
        }
        let setup = try PromptSetup(question, template: question.template, pretrained)
        let prompts = try setup.prompts(rows).map(\.prompt)
        let real = prompts.reduce(0) { $0 + $1.before.count }
        return result(
            "zero-shot scoring", Self.median(seconds), examples: rows.examples.count, real: real,
            computed: real,
            passes: 1)
    }

    /// The rate of one large float32 product, in operations a second: the best of several.
    public static func matrixRate() -> Double {
        let backend = CPUBackend.shared
        let x = Tensor(repeating: 0.5, shape: [2048, 576], on: backend)
        let weight = Tensor(repeating: 0.25, shape: [1536, 576], on: backend)
        let best =
            (0..<8).map { _ in
                let start = Date()
                _ = x.matmul(weight)
                return Date().timeIntervalSince(start)
            }.min() ?? 1
        return 2 * 2048 * 1536 * 576 / best
    }

    private func result(
        _ work: String, _ seconds: Double, examples: Int, real: Int, computed: Int, passes: Int
    ) -> Result {
        let rate = Self.matrixRate()
        let operations = 2 * Double(pretrained.layerWeights) * Double(computed) * Double(passes)
        return Result(
            work: work, seconds: seconds, examples: examples, realTokens: real, computedRows: computed,
            matrixRate: rate, floorSeconds: operations / rate, peakBytes: ProcessMemory.peakBytes)
    }

    private static func rows(_ prompts: [EncodedPrompt], softRows: Int) -> (real: Int, computed: Int) {
        let real = prompts.reduce(0) { $0 + $1.before.count - softRows }
        return (real, real + softRows)
    }

    private static func median(_ values: [Double]) -> Double {
        let ordered = values.sorted()
        return ordered.isEmpty ? .nan : ordered[ordered.count / 2]
    }
}

/// Elements in the order they have, again from the start when they are used up.
private struct InOrder<Element: Sendable>: BatchSource {
    let elements: [Element]
    let size: Int

    func batch(_ index: Int) -> [Element] {
        (0..<size).map { elements[(index * size + $0) % elements.count] }
    }
}

extension PretrainedModel {
    /// The weights of the layers' products: every matrix but the embedding and the output.
    fileprivate var layerWeights: Int {
        model.parameters.reduce(0) { sum, parameter in
            let isLayer = parameter.name.contains("layers.") || parameter.name.contains(".h.")
            return parameter.shape.rank == 2 && isLayer ? sum + parameter.shape.count : sum
        }
    }
}
