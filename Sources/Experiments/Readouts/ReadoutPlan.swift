public import Datasets
public import Foundation
public import Prompts

/// What one run is to do that teaches tags, spans or texts.
public struct ReadoutPlan: Sendable {
    /// The task.
    public var task: ReadoutTask
    /// How many rows of the pool are drawn to learn from; nil for all.
    public var trainRows: Int?
    /// How many dev rows are chosen by; nil for as many as 30 % of the train rows (Li & Liang 2021, §6.3), at most 100.
    public var devRows: Int?
    /// How many test rows are scored; nil for all.
    public var testRows: Int?
    /// Decides which rows are drawn.
    public var seed: UInt64 = 0
    /// How many positions a row may take.
    public var limit = 512
    /// How the prompt is learned.
    public var method: MethodChoice
    /// How spans are looked for.
    public var spans = SpanSettings()
    /// How texts are written.
    public var texts = TextSettings()
    /// A prompt of another task that training starts from.
    public var startingFrom: URL?
    /// Where the prompt is saved.
    public var output: URL
    /// Whether a prompt that is there may be replaced.
    public var isReplacing = false

    /// Where the state of an interrupted run lies: beside the output, hidden.
    public var checkpointPlace: URL {
        output.deletingLastPathComponent().appendingPathComponent(
            ".\(output.lastPathComponent).training.safetensors")
    }

    /// A plan with the defaults.
    public init(task: ReadoutTask, method: MethodChoice, output: URL) {
        self.task = task
        self.method = method
        self.output = output
    }

    /// How many of so many dev rows are chosen by.
    func devCount(of count: Int, train: Int) -> Int {
        min(count, devRows ?? min(100, max(1, (3 * train + 9) / 10)))
    }
}

/// One row of a report's table.
public struct ReadoutRow: Codable, Sendable {
    /// What was measured, such as `zero-shot` or `prefix-tuning`.
    public var name: String
    /// The metrics on the test rows, the one that counts first.
    public var metrics: [MetricValue]
    /// How many numbers were trained.
    public var trainedParameters = 0
    /// How many bytes are stored.
    public var bytes = 0
    /// How long learning took.
    public var trainingSeconds = 0.0
    /// How long one test row took.
    public var millisecondsARow = 0.0
}

/// What a run found that taught tags, spans or texts.
public struct ReadoutReport: Codable, Sendable {
    /// The version of this layout.
    public var schema = 1
    /// The task's name.
    public var task: String
    /// How rows are answered.
    public var readout: String
    /// The model's file.
    public var model: String
    /// The reference row and the method's, in order.
    public var rows: [ReadoutRow]
    /// Each kind of entity, for tags; nil for other readouts.
    public var entities: EntityReport?
    /// A few test rows' answers, for people to look at.
    public var samples: [Outcome]
    /// How many numbers the frozen model has.
    public var modelParameters: Int
    /// How many rows were learned from.
    public var trainRows: Int
    /// How many rows were chosen by.
    public var devRows: Int
    /// How many rows were scored.
    public var testRows: Int
    /// What the draw was made with.
    public var seed: UInt64
    /// The learning rate that was used.
    public var rate: Float
    /// The dev score of the weights that were kept; nil without dev rows. Minus nats a token for texts.
    public var devScore: Double?
    /// The losses, step by step.
    public var losses: [Float]
    /// How long a step took, the median, in seconds.
    public var stepSeconds: Double
    /// The most bytes that arithmetic held at once while learning.
    public var peakTrainingBytes: Int
    /// How many prompts like this a gigabyte (10^9 bytes) holds.
    public var tasksAGigabyte: Int
    /// The most bytes that the process held at once.
    public var peakProcessBytes: Int
    /// How many of the test rows scored again got another answer from the prompt that was read back.
    public var answersChangedByReload: Int
    /// How many test rows were too long to be read whole.
    public var shortenedRows: Int
    /// What the user should know.
    public var warnings: [String]
    /// Where the prompt was saved.
    public var output: String
}
