public import Datasets
internal import Foundation
internal import Layers
public import Models
internal import Tensors
internal import Tokenizers
internal import Training

/// AutoPrompt (Shin et al. 2020): searches the words of a hard prompt by gradients.
///
/// An iteration averages the gradient of the loss at the triggers' embeddings over some batches, takes one trigger at
/// random, asks `HotFlip` for the most promising tokens in its place, scores the prompt with each of them on fresh
/// batches, and keeps the best one if it is strictly better than what is there. The triggers that were best on the
/// dev rows are the result: an ordinary text template, which any other tool can use.
///
/// Where we differ: only tokens whose text is tokenized into themselves are tried, since the result is a text; and
/// the few rows of a true few-shot split are walked once an iteration by default, where the reference accumulates
/// over ten batches of a large training set.
public struct AutoPrompt: Sendable {
    /// The name on the command line and in manifests.
    public static let name = "autoprompt"

    /// What decides between candidates.
    public enum Measure: String, Codable, Sendable, CaseIterable {
        /// The share of right answers, as in the paper.
        case accuracy
        /// The mean log-probability of the right label among the labels: it moves where accuracy stands still.
        case likelihood
    }

    /// What a search is told.
    public struct Settings: Codable, Sendable, Hashable {
        /// How many triggers, where the template has no soft slot of its own; they stand right before the answer.
        public var triggers = 3
        /// How many iterations the search makes.
        public var iterations = 100
        /// How many tokens are tried an iteration.
        public var candidates = 10
        /// How many examples are walked together; half of the train rows where there are fewer than twice as many.
        public var batch = 24
        /// How many batches give the gradient, and how many others the scores.
        public var batchesAnIteration = 1
        /// What decides.
        public var measure = Measure.accuracy
        /// Which tokens may be triggers.
        public var filter = TriggerFilter()
        /// What a causal model's triggers start from; a masked one's start from the mask.
        public var start = " the"
        /// Decides the order of the rows and which trigger an iteration looks at.
        public var seed: UInt64 = 0

        /// The defaults.
        public init() {}
    }

    /// What happened in one iteration.
    public struct Iteration: Codable, Hashable, Sendable {
        /// Counted from 1.
        public var number: Int
        /// The trigger that was looked at.
        public var place: Int
        /// The score of the triggers before, on fresh rows.
        public var current: Double
        /// The best score on the same rows: of the candidate that was taken, or still that of the triggers before.
        public var best: Double
        /// How many answers of candidates and of the triggers before were looked at to decide: at most all of theirs.
        public var readings: Int
        /// Whether the candidate was taken.
        public var isTaken: Bool
        /// The score on the dev rows, where they were looked at.
        public var dev: Double?
        /// The template with the best triggers so far.
        public var template: String
    }

    /// What this search was told.
    public let settings: Settings
    /// Told of every iteration.
    public var observe: @Sendable (Iteration) -> Void = { _ in }

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }

    /// The template with slots for the triggers; one that has soft slots is left alone.
    ///
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for a setting out of its range.
    public func template(for task: PromptTask) throws -> Template {
        try check()
        guard !task.template.hasSoftRows else { return task.template }
        let parts = task.template.parts
        let index = parts.firstIndex { if case .answer = $0 { true } else { false } } ?? parts.count
        let front = parts[..<index].map(\.printed).joined()
        let kept = front.withoutFinalSpaces
        return try Template(
            kept + (kept.isEmpty ? "" : " ") + "{soft \(settings.triggers)}" + front.dropFirst(kept.count)
                + parts[index...].map(\.printed).joined())
    }

    private func check() throws {
        func require(_ holds: Bool, _ name: String, _ value: Int) throws {
            guard holds else {
                throw PromptError.badSetting(name: name, value: "\(value)", allowed: "at least 1")
            }
        }
        try require(settings.triggers >= 1, "the number of triggers", settings.triggers)
        try require(settings.iterations >= 1, "the number of iterations", settings.iterations)
        try require(settings.candidates >= 1, "the number of candidates", settings.candidates)
        try require(settings.batch >= 1, "the batch", settings.batch)
        try require(settings.batchesAnIteration >= 1, "batches an iteration", settings.batchesAnIteration)
    }

    /// Searches the triggers.
    ///
    /// - Throws: `CancellationError` if the user stopped; the state is in the checkpoint then.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        var search = try TriggerSearch(settings, template(for: task), split, task, pretrained)
        if let saved: TriggerSearch.State = try run.checkpoint?.loadRecord() { search.state = saved }
        while search.state.iteration < settings.iterations {
            if run.stop.isRaised || Task.isCancelled {
                try run.checkpoint?.saveRecord(search.state)
                throw CancellationError()
            }
            observe(try search.iterate())
            if search.state.iteration % (run.checkpoint?.interval ?? .max) == 0 {
                try run.checkpoint?.saveRecord(search.state)
            }
        }
        try run.checkpoint?.saveRecord(search.state)
        var found = task
        found.template = try search.result()
        return try Prompt(
            method: "hard", found, template: found.template, tensors: NamedTensors(), pretrained,
            settings: described(), probing: split.train.examples)
    }

    private func described() -> [String: String] {
        [
            "search": Self.name, "iterations": "\(settings.iterations)", "seed": "\(settings.seed)",
            "candidates": "\(settings.candidates)", "batch": "\(settings.batch)",
            "batchesAnIteration": "\(settings.batchesAnIteration)", "measure": settings.measure.rawValue,
            "refusesCapitals": "\(settings.filter.refusesCapitals)",
            "needsWholeWords": "\(settings.filter.needsWholeWords)",
        ]
    }
}
