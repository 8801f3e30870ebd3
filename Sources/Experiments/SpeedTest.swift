internal import Datasets
internal import Foundation
internal import Layers
public import Models
public import Prompts
internal import Tensors
internal import Training

/// How fast work on real rows is, beside the floor: its floating-point operations over the rate of matrix
/// products that this machine reaches in the same minute.
public struct SpeedTest: Sendable {
    let pretrained: PretrainedModel
    let task: TaskSource

    /// A test of a model on a task's rows.
    public init(_ pretrained: PretrainedModel, _ task: TaskSource) {
        self.pretrained = pretrained
        self.task = task
    }

    /// What was measured.
    public struct Result: Codable, Sendable {
        /// The version of this layout.
        public var schema = 1
        /// A method's step, `zero-shot scoring`, `PET step` or `AutoPrompt iteration`.
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
        /// The operations of the products for the computed rows, over that rate: the layers', and the vocabulary's where
        /// all of it has to be met.
        public var floorSeconds: Double
        /// The most bytes that the process held at once.
        public var peakBytes: Int

        /// Examples a second.
        public var examplesASecond: Double { Double(examples) / seconds }
        /// How much of the time the floor explains.
        public var shareOfFloor: Double { floorSeconds / seconds }
    }

    /// What mixing tasks in a batch costs.
    public struct Mixture: Codable, Sendable {
        /// The version of this layout.
        public var schema = 1
        /// How many prompts the rows were spread over.
        public var tasks: Int
        /// How many rows were answered.
        public var rows: Int
        /// The length of each prompt.
        public var softRows: Int
        /// Seconds for all rows with one prompt.
        public var secondsAlone: Double
        /// Seconds for all rows with as many prompts as there are tasks.
        public var secondsMixed: Double
    }

    /// Steps of a method on the pool's rows in file order; the first step warms up.
    ///
    /// Nothing is read once for all steps: each walks the model from its first layer.
    /// - Parameters:
    ///   - method: with its batch and its number of steps.
    ///   - limit: how many positions a prompt may have.
    public func step(of method: MethodChoice, limit: Int) throws -> Result {
        let (batch, steps) = (method.learning.batch, method.learning.steps)
        let lesson = try method.lesson(task.promptTask(limit: limit), pretrained)
        let rows = try task.rows(task.pool, limit: batch * (steps + 1))
        let batches = InOrder(elements: try lesson.setup.prompts(rows), size: batch)
        var state = try TrainingState(training: lesson.start)
        let plan = TrainingSettings(steps: steps + 1, rate: 1e-3)
        var seconds: [Double] = []
        _ = try Trainer(lesson.objective, plan, mayStartFlat: lesson.mayStartFlat).run(
            &state, over: pretrained.weights.overlaid(by: lesson.constants), batches: batches,
            observe: { if case .step(let report) = $0 { seconds.append(report.seconds) } })
        let timed = (1...max(1, steps)).map { batches.batch($0).map(\.prompt) }
        // Tuned weights need a product more, for their own gradients.
        let tunesAll = pretrained.model.parameters.allSatisfy { lesson.start[$0.name] != nil }
        return result(
            "\(method.name) step", Self.median(Array(seconds.dropFirst())), examples: batch,
            real: timed.joined().reduce(0) { $0 + Self.tokens($1) } / timed.count,
            computed: timed.reduce(0) { $0 + computed($1, lesson) } / timed.count, passes: tunesAll ? 3 : 2)
    }

    private static func tokens(_ prompt: EncodedPrompt) -> Int {
        prompt.rows.count { if case .token = $0 { true } else { false } }
    }

    private func computed(_ prompts: [EncodedPrompt], _ lesson: Lesson) -> Int {
        PackedPrompts(
            prompts.map { lesson.setup.scorer.request($0, owner: 0) },
            sharesPrefix: pretrained.model.traits.isCausal
        ).rows.count
    }

    /// The same rows answered with one soft prompt, and spread over many that are mixed in each batch; by turns, the
    /// median of five of each.
    ///
    /// - Parameters:
    ///   - count: rows in all.
    ///   - tasks: how many prompts they are spread over.
    ///   - softRows: the length of each prompt.
    ///   - limit: how many positions a prompt may have.
    public func mixedTasks(rows count: Int, tasks: Int, softRows: Int, limit: Int) throws -> Mixture {
        let question = task.promptTask(limit: limit)
        let prompts = try (0..<tasks).map { number in
            var settings = PromptTuning.Settings()
            (settings.rows, settings.initialisation, settings.seed) = (softRows, .vocabulary, UInt64(number))
            let method = PromptTuning(settings)
            var named = question
            named.name = "task \(number)"
            return try Prompt(
                method: PromptTuning.name, named, template: method.template(for: named),
                tensors: method.lesson(named, pretrained).start, pretrained, settings: [:], probing: [])
        }
        let predictor = try Predictor(prompts, pretrained)
        let examples = try task.rows(task.test ?? task.pool, limit: count).examples
        let alone = examples.map { ($0, prompts[0].id) }
        let mixed = examples.enumerated().map { ($1, prompts[$0 % tasks].id) }
        var times = (alone: [Double](), mixed: [Double]())
        for turn in 0..<6 {
            let seconds = try [alone, mixed].map { questions in
                let start = Date()
                _ = try predictor.predict(questions)
                return Date().timeIntervalSince(start)
            }
            // The first turn reads each prompt's own rows, once for ever.
            if turn > 0 {
                (times.alone, times.mixed) = (times.alone + [seconds[0]], times.mixed + [seconds[1]])
            }
        }
        return Mixture(
            tasks: tasks, rows: examples.count, softRows: softRows, secondsAlone: Self.median(times.alone),
            secondsMixed: Self.median(times.mixed))
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

    /// `passes` is how often each computed row meets each weight (forward, for a gradient of the row, for one of the
    /// weight), `vocabularyRows` how often a row meets the whole vocabulary.
    func result(
        _ work: String, _ seconds: Double, examples: Int, real: Int, computed: Int, passes: Int,
        vocabularyRows: Int = 0
    ) -> Result {
        let rate = Self.matrixRate()
        let traits = pretrained.model.traits
        let operations =
            2 * Double(pretrained.layerWeights) * Double(computed) * Double(passes)
            + 2 * Double(traits.vocabularySize * traits.width) * Double(vocabularyRows)
        return Result(
            work: work, seconds: seconds, examples: examples, realTokens: real, computedRows: computed,
            matrixRate: rate, floorSeconds: operations / rate, peakBytes: ProcessMemory.peakBytes)
    }

    static func median(_ values: [Double]) -> Double {
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
    /// The weights of the layers' products: every matrix with a layer's number in its name.
    fileprivate var layerWeights: Int {
        model.parameters.reduce(0) { sum, parameter in
            let isLayer = parameter.name.split(separator: ".").contains { Int($0) != nil }
            return parameter.shape.rank == 2 && isLayer ? sum + parameter.shape.count : sum
        }
    }
}
