/// Which label an answer means: the third step of prompting, after adding the prompt and finding the answer.
///
/// Several answers may mean one label. Where there are no labels, as in generation, the answer is the result.
public enum AnswerMapping: Hashable, Sendable {
    /// The answer itself is the result.
    case identity
    /// Each answer means this label.
    case labels([String: String])

    /// Maps every word of a verbalizer to its label.
    public init(_ verbalizer: Verbalizer) {
        var labels: [String: String] = [:]
        for entry in verbalizer.entries {
            for word in entry.words {
                labels[word.withoutSpacesAround] = entry.label
            }
        }
        self = .labels(labels)
    }

    /// The label that an answer means, or nil if it means none.
    ///
    /// White space around the answer does not count. Case does, unless no answer matches with it and exactly
    /// one label does without it.
    public func label(for answer: String) -> String? {
        let bare = answer.withoutSpacesAround
        guard case .labels(let labels) = self else { return bare }
        if let label = labels[bare] { return label }
        let lowered = bare.lowercased()
        let near = Set(labels.filter { $0.key.lowercased() == lowered }.values)
        return near.count == 1 ? near.first : nil
    }
}
