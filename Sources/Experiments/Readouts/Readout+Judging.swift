public import Datasets
public import Prompts

extension Readout {
    /// The fields that a row must have to be answered.
    public func fields(_ template: Template) -> [String] {
        switch self {
        case .tagger: ["tokens"]
        case .span: ["text", "text_b"]
        default: template.fieldNames
        }
    }

    /// The field in which a row has what is right.
    public func answerField(_ target: String = "references") -> String {
        switch self {
        case .tagger: "tags"
        case .text: target
        default: "references"
        }
    }

    /// The fields that hold lists.
    public func lists(_ target: String = "references") -> Set<String> {
        switch self {
        case .tagger: ["tokens", "tags"]
        case .span: ["references", "answer_start"]
        case .text: [target]
        default: []
        }
    }

    /// How answers are judged, the metric that counts first.
    public var metrics: [Metric] {
        switch self {
        case .tagger: [.entityF1]
        case .span: [.squadF1, .exactMatch]
        case .text: [.bleu, .nist, .rougeL, .ciderD, .chrF]
        default: [.accuracy]
        }
    }

    /// How answers to these rows are judged: Korean answers by characters.
    public func metrics(for rows: [Example]) throws -> [Metric] {
        guard self == .span else { return metrics }
        let isKorean = try rows.prefix(20).contains { row in
            try row.list("references").contains {
                $0.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) }
            }
        }
        return isKorean ? [.korquadF1, .korquadExactMatch] : metrics
    }

    /// Answers beside what would have been right.
    ///
    /// - Throws: `DatasetError` for a row without it.
    public func outcomes(_ answers: [RowAnswer], to rows: [Example], target: String = "references") throws
        -> [Outcome]
    {
        try zip(answers, rows).map { answer, row in
            let field = answerField(target)
            switch self {
            case .tagger:
                return Outcome(predicted: answer.text, expected: try row.list(field).joined(separator: " "))
            case .text:
                let texts = (try? row.list(field)) ?? row.fields[field].map { [$0] } ?? []
                return Outcome(predicted: answer.text, expected: texts)
            default:
                return Outcome(predicted: answer.text, expected: try row.list(field))
            }
        }
    }
}

/// A metric's value, and where it probably lies.
public struct MetricValue: Codable, Hashable, Sendable {
    /// The metric's name.
    public var metric: String
    /// Its value.
    public var value: Double
    /// The 95 % interval.
    public var interval: Interval

    /// Judges answers by several metrics.
    public static func values(_ outcomes: [Outcome], _ metrics: [Metric]) throws -> [MetricValue] {
        try metrics.map { metric in
            let evaluation = try Evaluation(outcomes, metric: metric)
            return MetricValue(
                metric: metric.name, value: evaluation.value,
                interval: evaluation.wilson ?? evaluation.interval())
        }
    }
}
