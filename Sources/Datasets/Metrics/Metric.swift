/// How answers are judged.
///
/// In a file or on a command line a metric is its ``name``: `accuracy`, `macro_f1`, `f1:positive`, …
public enum Metric: Hashable, Sendable, CustomStringConvertible {
    /// Right answers of all.
    case accuracy
    /// The mean of the labels' F1, each label weighing the same; a label that never occurs has F1 0.
    case macroF1
    /// Matthews' correlation; for more than two labels Gorodkin's R_K (2004). 0 where it is not defined.
    case matthews
    /// F1 of one label against the rest. Over all answer options of MultiRC this is its F1a.
    case f1(positive: String)
    /// MultiRC's exact match: groups (questions) of which every row is right.
    case groupExactMatch
    /// Answers equal to one of the references after SQuAD's normalisation.
    case exactMatch
    /// Words shared with the best reference, after SQuAD's normalisation (Rajpurkar et al. 2016).
    case squadF1
    /// Answers equal to one of the references after KorQuAD's normalisation (Lim et al. 2019).
    case korquadExactMatch
    /// Characters shared with the best reference, after KorQuAD's normalisation: words with particles still count.
    case korquadF1
    /// F1 of exact entity spans over all rows (CoNLL 2003), tags as seqeval reads them.
    case entityF1
    /// Corpus BLEU with up to four words (Papineni et al. 2002), as the E2E challenge counts it.
    case bleu
    /// NIST with up to five words (Doddington 2002), as the E2E challenge counts it.
    case nist
    /// ROUGE-L as the MS-COCO captions evaluation has it: mean over rows, β = 1.2.
    case rougeL
    /// CIDEr-D (Vedantam et al. 2015), times 10.
    case ciderD
    /// chrF2 (Popović 2015) with up to six characters, from 0 to 100.
    case chrF

    /// The metrics whose name needs no label.
    private static let plain: [(name: String, metric: Metric)] = [
        ("accuracy", .accuracy), ("macro_f1", .macroF1), ("matthews", .matthews),
        ("group_exact_match", .groupExactMatch), ("exact_match", .exactMatch), ("squad_f1", .squadF1),
        ("korquad_exact_match", .korquadExactMatch), ("korquad_f1", .korquadF1),
        ("entity_f1", .entityF1), ("bleu", .bleu), ("nist", .nist), ("rouge_l", .rougeL),
        ("cider_d", .ciderD),
        ("chrf", .chrF),
    ]

    /// The metric of a name.
    ///
    /// - Throws: ``DatasetError/unknownMetric(_:known:)``.
    public init(named name: String) throws(DatasetError) {
        if let found = Self.plain.first(where: { $0.name == name }) {
            self = found.metric
        } else if name.hasPrefix("f1:"), name.utf8.count > 3 {
            self = .f1(positive: String(name.dropFirst(3)))
        } else {
            throw .unknownMetric(name, known: Self.plain.map(\.name) + ["f1:<label>"])
        }
    }

    /// The name in files, on command lines and in reports.
    public var name: String {
        if case .f1(let positive) = self { return "f1:\(positive)" }
        return Self.plain.first { $0.metric == self }?.name ?? "f1"
    }

    /// The same as ``name``.
    public var description: String { name }

    /// The best value there is; nil for NIST and CIDEr-D, which have none that is the same for all data.
    public var best: Double? {
        switch self {
        case .chrF: 100
        case .nist, .ciderD: nil
        default: 1
        }
    }
}

extension Metric: Codable {
    /// Reads a ``name``.
    public init(from decoder: any Decoder) throws {
        try self.init(named: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the ``name``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
