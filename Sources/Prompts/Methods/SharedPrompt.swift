public import Datasets
internal import Layers
public import Models
internal import Tensors
internal import Training

/// Another task that a prompt is learned together with: one prompt, and for each task its own template and label words.
///
/// What comes of it is a start for each of the tasks, by ``RunContext/startingFrom`` (multi-task learning of P-tuning v2,
/// Liu et al. 2022, §3.3). Where we differ: the label words are what tasks do not share, not heads.
public struct Companion: Sendable {
    let lesson: Lesson
    let split: FewShotSplit

    /// A task as a method teaches it.
    ///
    /// - Throws: ``PromptError`` where the method cannot teach it.
    public init(
        _ task: PromptTask, _ split: FewShotSplit, _ method: MethodChoice, _ pretrained: PretrainedModel
    ) throws {
        lesson = try method.lesson(task, pretrained)
        self.split = split
    }
}

extension Lesson {
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` where another task cannot be learned with what this one
    ///   trains.
    func checkShared(with others: [Companion]) throws {
        guard !others.isEmpty else { return }
        if let own = start.names.first(where: TrainedReadoutNames.contains) {
            throw PromptError.badSetting(
                name: "the readout of a prompt that tasks share", value: "one that trains \(own)",
                allowed: "verbalizer: each task has labels of its own")
        }
        func shapes(_ start: NamedTensors) -> [String: Shape] {
            Dictionary(
                uniqueKeysWithValues: start.names.compactMap { name in start[name].map { (name, $0.shape) } })
        }
        for other in others where shapes(other.lesson.start) != shapes(start) {
            throw PromptError.badSetting(
                name: "the template of a task that shares the prompt",
                value: "'\(other.lesson.setup.encoder.template.source)'",
                allowed: "one with as many soft rows as '\(setup.encoder.template.source)'")
        }
    }
}

/// A batch of one of the tasks that share a prompt.
struct TaskBatch: Sendable {
    var task: Int
    var prompts: [LabelledPrompt]
}

/// Batches of the tasks in turn.
struct TurnBatches: BatchSource {
    let tasks: [LessonBatches]

    func batch(_ index: Int) throws -> TaskBatch {
        let (round, task) = index.quotientAndRemainder(dividingBy: tasks.count)
        return TaskBatch(task: task, prompts: try tasks[task].batch(round))
    }
}

/// The loss of whichever task a batch is of.
struct SharedObjective: Objective {
    let tasks: [AnswerObjective]

    func loss(_ batch: TaskBatch, _ pass: Pass) throws -> Tensor {
        try tasks[batch.task].loss(batch.prompts, pass)
    }

    func weight(of batch: TaskBatch) -> Float { tasks[batch.task].weight(of: batch.prompts) }
}
