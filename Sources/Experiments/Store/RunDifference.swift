internal import Datasets
internal import Foundation

/// In what two runs differ: in what they were told, in what they were made with, and in every number they have found.
///
/// Times are not compared.
public struct RunDifference: Codable, Sendable {
    /// A value that is not the same; nil where one of the two has none.
    public struct Item: Codable, Hashable, Sendable {
        /// What differs.
        public var name: String
        /// In the first run.
        public var first: String?
        /// In the second run.
        public var second: String?
    }

    /// In the first run.
    public var first: RunRecord.ID
    /// In the second run.
    public var second: RunRecord.ID
    /// What the runs were told, by dotted key.
    public var settings: [Item]
    /// The program, the machine, the model and the data.
    public var environment: [Item]
    /// Metrics and losses.
    public var numbers: [Item]
    /// How many steps both runs have, and the largest difference of their losses.
    public var steps: Int
    /// The largest difference of two losses of the same step.
    public var largestLossDifference: Double
    /// How many rows both runs have answered, how many of them differently, and the largest difference of a
    /// probability.
    public var answers: Int
    /// How many rows were answered differently.
    public var differentAnswers: Int
    /// The largest difference of a label's probability.
    public var largestProbabilityDifference: Double
    /// How likely chance alone would make one as much better as the other on these rows (exact McNemar).
    public var probabilityOfChance: Double?

    /// Whether all numbers are the same.
    public var isSame: Bool {
        numbers.isEmpty && differentAnswers == 0 && largestLossDifference == 0
            && largestProbabilityDifference == 0
    }

    /// Compares two runs of a store, trials with trials.
    ///
    /// - Throws: ``RunStoreError``.
    public init(_ first: RunRecord, _ second: RunRecord, in store: RunStore) throws(RunStoreError) {
        (self.first, self.second) = (first.id, second.id)
        settings = Self.items(Self.flat(first.settings), Self.flat(second.settings))
        environment = Self.items(Self.flat(first.manifest), Self.flat(second.manifest))
        numbers = []
        (steps, answers, differentAnswers) = (0, 0, 0)
        (largestLossDifference, largestProbabilityDifference) = (0, 0)
        if first.value != second.value || first.metric != second.metric {
            numbers.append(
                Item(name: first.metric ?? "value", first: Self.said(first), second: Self.said(second)))
        }
        try compareSteps(store.steps(of: first.id), store.steps(of: second.id))
        try compareAnswers(store.predictions(of: first.id), store.predictions(of: second.id))
        try compareTrials(store.trials(of: first.id), store.trials(of: second.id), store)
    }

    private static func said(_ run: RunRecord) -> String? {
        run.value.map { "\($0)" + (run.metric.map { " \($0)" } ?? "") }
    }

    // MARK: Parts

    private mutating func compareSteps(_ first: [StepRecord], _ second: [StepRecord]) {
        if first.count != second.count {
            numbers.append(Item(name: "steps", first: "\(first.count)", second: "\(second.count)"))
        }
        for (left, right) in zip(first, second) {
            steps += 1
            if let one = left.loss, let other = right.loss {
                largestLossDifference = max(largestLossDifference, abs(one - other))
            }
        }
        if let place = zip(first, second).first(where: { $0.loss != $1.loss || $0.dev != $1.dev }) {
            numbers.append(
                Item(
                    name: "step \(place.0.step)", first: Self.said(place.0), second: Self.said(place.1)))
        }
    }

    private static func said(_ step: StepRecord) -> String {
        [step.loss.map { "loss \($0)" }, step.dev.map { "dev \($0)" }].compactMap(\.self).joined(
            separator: ", ")
    }

    private mutating func compareAnswers(_ first: [PredictionRecord], _ second: [PredictionRecord]) {
        if first.count != second.count {
            numbers.append(Item(name: "answers", first: "\(first.count)", second: "\(second.count)"))
        }
        for (left, right) in zip(first, second) {
            answers += 1
            if left.label != right.label { differentAnswers += 1 }
            for (one, other) in zip(left.probabilities, right.probabilities) {
                largestProbabilityDifference = max(largestProbabilityDifference, Double(abs(one - other)))
            }
        }
        guard first.map(\.expected) == second.map(\.expected), !first.isEmpty else { return }
        probabilityOfChance = try? McNemar(
            first: first.map { $0.label == $0.expected }, second: second.map { $0.label == $0.expected }
        ).probability
    }

    private mutating func compareTrials(
        _ first: [RunRecord], _ second: [RunRecord], _ store: RunStore
    ) throws(RunStoreError) {
        let others = Dictionary(second.map { ($0.identity ?? "", $0) }, uniquingKeysWith: { $1 })
        for trial in first {
            guard let other = others[trial.identity ?? ""] else {
                numbers.append(Item(name: trial.name, first: Self.said(trial), second: nil))
                continue
            }
            let difference = try RunDifference(trial, other, in: store)
            numbers += difference.numbers.map {
                Item(name: "\(trial.name): \($0.name)", first: $0.first, second: $0.second)
            }
            steps += difference.steps
            answers += difference.answers
            differentAnswers += difference.differentAnswers
            largestLossDifference = max(largestLossDifference, difference.largestLossDifference)
            largestProbabilityDifference = max(
                largestProbabilityDifference, difference.largestProbabilityDifference)
        }
        let known = Set(first.map { $0.identity ?? "" })
        for trial in second where !known.contains(trial.identity ?? "") {
            numbers.append(Item(name: trial.name, first: nil, second: Self.said(trial)))
        }
    }

    // MARK: Texts as tables

    private static func items(_ first: [String: String], _ second: [String: String]) -> [Item] {
        Set(first.keys).union(second.keys).sorted().filter { first[$0] != second[$0] }.map {
            Item(name: $0, first: first[$0], second: second[$0])
        }
    }

    private static func flat(_ manifest: EnvironmentManifest) -> [String: String] {
        (try? RunRecorder.encoder.encode(manifest)).map { flat(String(decoding: $0, as: UTF8.self)) } ?? [:]
    }

    /// The values of a JSON or YAML text by dotted path.
    private static func flat(_ text: String) -> [String: String] {
        guard let tree = try? SettingTree(text, at: { .line(file: "settings", $0) }) else {
            return ["": text]
        }
        var values: [String: String] = [:]
        func walk(_ tree: SettingTree, _ path: String) {
            switch tree.content {
            case .mapping(let entries) where !entries.isEmpty:
                for entry in entries { walk(entry.value, path.isEmpty ? entry.key : "\(path).\(entry.key)") }
            case .list(let items) where items.contains(where: \.isMapping):
                for (index, item) in items.enumerated() { walk(item, "\(path)[\(index)]") }
            default: values[path] = tree.printed
            }
        }
        walk(tree, "")
        return values
    }
}

extension SettingTree {
    fileprivate var isMapping: Bool {
        if case .mapping = content { return true }
        return false
    }
}
