public import Datasets
public import Models
public import Training

/// What a method needs to know of the task beside its rows.
public struct PromptTask: Sendable {
    /// The name under which the prompt is saved.
    public var name: String
    /// The text with its slots.
    public var template: Template
    /// The labels and their words.
    public var verbalizer: Verbalizer
    /// How many positions a prompt may have.
    public var limit: Int
    /// Which fields lose tokens where a prompt is too long.
    public var shortening: Shortening
    /// The field with the choices of each row, whose labels are their places; nil where the same words answer all rows.
    public var choices: String?
    /// What is shown behind each question, on a masked model; nil for nothing.
    public var demonstrationSets: DemonstrationSets?
    /// What compares texts where similar demonstrations are drawn; nil for the model itself.
    public var vectorizer: (any TextVectorizer)?

    /// A task of a template and label words.
    public init(
        name: String, template: Template, verbalizer: Verbalizer, limit: Int = 512,
        shortening: Shortening = .tail
    ) {
        self.name = name
        self.template = template
        self.verbalizer = verbalizer
        self.limit = limit
        self.shortening = shortening
    }
}

extension PromptTask {
    /// The task that a prompt was made for.
    init(_ manifest: PromptManifest) {
        self.init(
            name: manifest.name, template: manifest.template, verbalizer: manifest.verbalizer,
            limit: manifest.limit, shortening: manifest.shortening)
        choices = manifest.choices
        demonstrationSets = manifest.demonstrationSets
    }

    /// The task by its words alone, as it is asked before anything is trained.
    package func withoutSoftSlots() throws(TemplateError) -> PromptTask {
        var task = self
        task.template = try template.withoutSoftSlots()
        return task
    }

    /// Throws ``PromptError/badSetting(name:value:allowed:)`` where the template has soft slots that a method would
    /// not train.
    func requireNoSoftRows(for method: String) throws {
        guard !template.hasSoftRows else {
            throw PromptError.badSetting(
                name: "the template of \(method)", value: "'\(template.source)'",
                allowed: "one without soft slots, which prompt-tuning and p-tuning train")
        }
    }
}

/// What happens while a method works, for progress bars and logs.
public enum MethodEvent: Sendable {
    /// How many numbers will be trained.
    case trainable(Int)
    /// The learning rate that was chosen, and how.
    case rate(Float, reason: String)
    /// A state of the same run was found: so many steps are made, with these losses, in so many seconds.
    case wentOn(step: Int, losses: [Float], seconds: Double)
    /// A step of training, of so many.
    case step(StepReport, of: Int)
    /// The accuracy on the dev rows.
    case evaluation(EvaluationReport)
    /// Training has ended; the weights after this step are kept, the best on the dev rows where there are
    /// any.
    case chosen(step: Int, score: Double?)
    /// Something that the user should know: a collapse, a plateau.
    case warning(String)
}

/// What a run gives a method: where to report, when to stop, and where to keep what a killed run needs to go
/// on.
public struct RunContext: Sendable {
    /// Told of everything that happens.
    public var report: @Sendable (MethodEvent) -> Void
    /// Raised when the user asks to stop.
    public var stop: StopSignal
    /// Keeps and finds the state of an interrupted run; nil to keep none. Whoever gives it removes it, once
    /// the prompt is saved.
    public var checkpoint: TrainingCheckpoint?
    /// A prompt of the same method and sizes, made for the same model, whose tensors training starts from (prompt
    /// transfer, Vu et al. 2022); nil to start as the method says.
    public var startingFrom: Prompt?
    /// Tasks that the prompt is learned for as well: their batches take turns with the task's own, so that the steps are
    /// shared among them, and the best step is the best by the mean of their dev scores. Labels must be read by words.
    public var companions: [Companion] = []

    /// A context; by default nobody listens and nothing is kept.
    public init(
        stop: StopSignal = StopSignal(), checkpoint: TrainingCheckpoint? = nil, startingFrom: Prompt? = nil,
        report: @escaping @Sendable (MethodEvent) -> Void = { _ in }
    ) {
        self.report = report
        self.stop = stop
        self.checkpoint = checkpoint
        self.startingFrom = startingFrom
    }
}

/// A way of making a prompt out of a few labelled rows.
public protocol PromptMethod: Sendable {
    /// What a run is told about it.
    associatedtype Settings: MethodSettings
    /// The name on the command line and in manifests.
    static var name: String { get }
    /// The method with its settings.
    init(_ settings: Settings)
    /// What this run was told.
    var settings: Settings { get }
    /// The text that the method will ask with, before any model is loaded.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for a setting, or a template, that the method
    ///   cannot work with.
    func template(for task: PromptTask) throws -> Template
    /// How many numbers a run would train; nothing is trained.
    func trainedCount(for task: PromptTask, _ pretrained: PretrainedModel) throws -> Int
    /// Learns a prompt from the train rows, choosing by the dev rows.
    func fit(_ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext)
        throws
        -> Prompt
}

extension PromptMethod {
    /// The task's own template, for methods that put no slots into it.
    public func template(for task: PromptTask) throws -> Template {
        try settings.learning.check()
        try task.requireNoSoftRows(for: Self.name)
        return task.template
    }
}
