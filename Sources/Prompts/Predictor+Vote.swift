public import Datasets

extension Predictor {
    /// Answers examples by the majority of several prompts, all in one batch (Lester et al. 2021, §6).
    ///
    /// Each example stands in the batch once a prompt. Among labels with equally many votes the more probable one wins;
    /// the probabilities are the means over the prompts.
    /// - Parameters:
    ///   - examples: what is asked.
    ///   - ids: the prompts that vote; all have the same labels.
    ///   - progress: called with the number of rows answered so far, each prompt's counted.
    /// - Throws: ``PromptError/labelsDiffer(missing:known:)`` for prompts of different labels, and whatever
    ///   ``predict(_:progress:)`` throws.
    public func predict(
        _ examples: [Example], byVoteOf ids: [Prompt.ID], progress: (Int) -> Void = { _ in }
    ) throws -> [Prediction] {
        guard let first = ids.first else {
            throw PromptError.badSetting(
                name: "the number of prompts that vote", value: "0", allowed: "at least 1")
        }
        let labels = try labels(of: first)
        for id in ids {
            let others = try self.labels(of: id)
            guard Set(others) == Set(labels) else {
                let missing = Set(others).symmetricDifference(labels).sorted()
                throw PromptError.labelsDiffer(missing: missing, known: labels)
            }
        }
        let all = try predict(examples.flatMap { example in ids.map { (example, $0) } }, progress: progress)
        return examples.indices.map { index in
            Self.vote(all[index * ids.count..<(index + 1) * ids.count], labels)
        }
    }

    private static func vote(_ voices: ArraySlice<Prediction>, _ labels: [String]) -> Prediction {
        var (votes, means) = (
            [Int](repeating: 0, count: labels.count), [Float](repeating: 0, count: labels.count)
        )
        for voice in voices {
            for (label, probability) in zip(voice.labels, voice.probabilities) {
                guard let place = labels.firstIndex(of: label) else { continue }
                means[place] += probability / Float(voices.count)
                if label == voice.label { votes[place] += 1 }
            }
        }
        let best = labels.indices.reduce(0) { (votes[$1], means[$1]) > (votes[$0], means[$0]) ? $1 : $0 }
        return Prediction(
            label: labels[best], probabilities: means, labels: labels,
            tokensCut: voices.map(\.tokensCut).max() ?? 0)
    }
}
