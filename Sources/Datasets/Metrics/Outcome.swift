/// What was answered to one row, and what would have been right.
public struct Outcome: Hashable, Codable, Sendable {
    /// The answer: a label's name, a text, or a row of tags with spaces between.
    public var predicted: String
    /// The right answers: one label, one row of tags, or all references of a text.
    public var expected: [String]
    /// Rows that belong together, such as the options of one MultiRC question.
    public var group: String?

    /// Pairs an answer with all that would be right.
    public init(predicted: String, expected: [String], group: String? = nil) {
        self.predicted = predicted
        self.expected = expected
        self.group = group
    }

    /// Pairs an answer with the one that is right.
    public init(predicted: String, expected: String, group: String? = nil) {
        self.init(predicted: predicted, expected: [expected], group: group)
    }
}

extension Dataset {
    /// The outcomes of answers that go row by row.
    ///
    /// What is right is the row's label, or the list in the field `references`, or the tags in the field `tags`,
    /// whichever comes first; the group is the field `group`.
    ///
    /// - Throws: ``DatasetError/lengthsDiffer(what:first:second:)``, ``DatasetError/notAList(field:row:)`` for a row
    ///   with none of these.
    public func outcomes(of answers: [String]) throws(DatasetError) -> [Outcome] {
        guard answers.count == examples.count else {
            throw .lengthsDiffer(what: "answers and rows", first: answers.count, second: examples.count)
        }
        var outcomes: [Outcome] = []
        for (answer, example) in zip(answers, examples) {
            let expected: [String]
            if let label = example.label {
                expected = [label]
            } else if example.fields["references"] == nil, example.fields["tags"] != nil {
                expected = [try example.list("tags").joined(separator: " ")]
            } else {
                expected = try example.list("references")
            }
            outcomes.append(Outcome(predicted: answer, expected: expected, group: example.fields["group"]))
        }
        return outcomes
    }
}
