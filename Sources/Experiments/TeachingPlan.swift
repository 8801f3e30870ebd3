public import Datasets
public import Foundation
public import Prompts

/// What one teaching run is to do.
public struct TeachingPlan: Sendable {
    /// The task.
    public var task: TaskSource
    /// How many train rows a label has.
    public var perLabel = 16
    /// How many dev rows a label has; nil for as many as train rows.
    public var devPerLabel: Int?
    /// Decides which rows are drawn.
    public var seed: UInt64 = 0
    /// Train rows that the user has chosen; nil to draw them from the pool.
    public var trainFile: URL?
    /// Dev rows that the user has chosen, beside ``trainFile``; nil to choose nothing and keep the last step.
    public var devFile: URL?
    /// How many positions a prompt may have.
    public var limit = 512
    /// How many test rows are scored; nil for all.
    public var testLimit: Int?
    /// How the prompt is learned.
    public var method = MethodChoice.promptTuning(PromptTuning.Settings())
    /// What is shown behind each question of a masked model; nil for nothing.
    public var demonstrationSets: DemonstrationSets.Settings?
    /// Compares texts where similar demonstrations are drawn; nil for the model itself.
    public var vectorizer: (any TextVectorizer)?
    /// A prompt of another task that training starts from; nil to start as the method says.
    public var startingFrom: URL?
    /// Tasks that the prompt is learned together with, each with as many rows of a label.
    public var companions: [TaskSource] = []
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
    public init(task: TaskSource, output: URL) {
        self.task = task
        self.output = output
    }
}

/// What happens in a teaching run.
public enum TeachingEvent: Sendable {
    /// The rows were read and drawn.
    case data(DataReport)
    /// The label words as the model will score them.
    case words(EncodedVerbalizer)
    /// A stage began; `total` units are to be done, where that is known.
    case stage(String, total: Int?)
    /// So many units of the stage are done.
    case progress(Int)
    /// What the method reports.
    case method(MethodEvent)
    /// The state is about to be written; a run that goes on from it tells of no step before it again.
    case saving
    /// The trained prompt has answered the test rows.
    case answers(Dataset, [Prediction])
    /// Something that the user should know.
    case warning(String)
}

/// One row of a report's table.
public struct TeachingRow: Codable, Sendable, Hashable {
    /// What was measured: `majority class`, `zero-shot`, `prompt-tuning`.
    public var name: String
    /// The metric on the test rows.
    public var value: Double
    /// Where it probably lies, 95 %.
    public var interval: Interval
    /// How many test rows there were.
    public var rows: Int
    /// How many numbers were trained.
    public var trainedParameters: Int
    /// How many bytes are stored.
    public var bytes: Int
    /// How long learning took.
    public var trainingSeconds: Double
    /// How long one test row took.
    public var millisecondsARow: Double
}

/// What a teaching run found.
public struct TeachingReport: Codable, Sendable {
    /// The version of this layout.
    public var schema = 1
    /// The task's name.
    public var task: String
    /// The model's file.
    public var model: String
    /// The metric's name.
    public var metric: String
    /// The reference rows and the method's, in order.
    public var rows: [TeachingRow]
    /// How many numbers the frozen model has.
    public var modelParameters: Int
    /// How many train rows there were.
    public var trainRows: Int
    /// How many train rows each label has.
    public var perLabel: Int
    /// How many dev rows the choice was made by; 0 where the last step was kept.
    public var devRows: Int
    /// What the draw was made with.
    public var seed: UInt64
    /// The learning rate that was used.
    public var rate: Float
    /// The dev accuracy of the weights that were kept; nil without dev rows.
    public var devScore: Double?
    /// The losses, step by step.
    public var losses: [Float]
    /// How long a step took, the median, in seconds.
    public var stepSeconds: Double
    /// The most bytes that arithmetic held at once while learning.
    public var peakTrainingBytes: Int
    /// How many prompts like this a gigabyte (10^9 bytes) holds.
    public var tasksAGigabyte: Int
    /// The most bytes that arithmetic held at once.
    public var peakTensorBytes: Int
    /// The most bytes that the process held at once.
    public var peakProcessBytes: Int
    /// How far a label's probability under the reloaded prompt is from that before the save, at most.
    public var reloadDifference: Float
    /// How many test inputs were shortened.
    public var shortenedRows: Int
    /// How many tokens they lost together.
    public var tokensCut: Int
    /// How likely chance alone would make the method as much better than zero-shot (exact McNemar).
    public var probabilityOfChance: Double
    /// What the user should know.
    public var warnings: [String]
    /// Where the prompt was saved.
    public var output: String
}
