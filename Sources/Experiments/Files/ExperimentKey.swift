internal import Prompts

/// A key of an experiment file: what stands behind it, and what it means.
///
/// The same table reads files, refuses what is not in it, and answers `cloze explain`.
public struct ExperimentKey: Sendable {
    /// The dotted path, such as `data.limit` or `methods.lora.rank`.
    public let path: String
    /// What may stand behind it.
    public let kind: SettingKind
    /// What stands where the key is absent.
    public let standard: String
    /// One sentence.
    public let summary: String
    /// A value as it could be written.
    public let example: String

    init(_ path: String, _ kind: SettingKind, standard: String, example: String, _ summary: String) {
        (self.path, self.kind, self.standard) = (path, kind, standard)
        (self.example, self.summary) = (example, summary)
    }

    /// The key as text: path, kind, default, sentence, example.
    public var explanation: String {
        """
        \(path)
          \(summary)
          value    \(kind.description)
          default  \(standard)
          example  \(path): \(example)
        """
    }

    /// All keys, in the order in which explanations list them.
    public static let all: [ExperimentKey] = general + data + shared + WayOfPrompting.allCases.flatMap(keys)

    /// The key of a path.
    static func of(_ path: String) -> ExperimentKey? { byPath[path] }

    private static let byPath = Dictionary(all.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })

    /// The names that may stand at a place in a file, below a path.
    static func names(below path: String) -> [String] {
        let prefix = path.isEmpty ? "" : path + "."
        var names: [String] = []
        let paths = all.map(\.path) + WayOfPrompting.allCases.map { "methods.\($0.rawValue)" }
        for known in paths where known.hasPrefix(prefix) && known != path {
            let name = String(known.dropFirst(prefix.count).prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    // MARK: The table

    private static let general: [ExperimentKey] = [
        .init(
            "name", .text, standard: "the task's name", example: "reviews-16",
            "What runs and reports call the experiment."),
        .init(
            "model", .text, standard: "none; --model gives one", example: "~/models/smollm2-135m.gguf",
            "A Hugging Face folder, a GGUF file, or owner/name in the hub's cache."),
        .init(
            "shots", .list(.integer(0...100_000)), standard: "16", example: "[0, 4, 16, 64]",
            "How many labelled rows of each label there are to learn from, and as many to choose by; several make a "
                + "learning curve."),
        .init(
            "seeds", .seeds, standard: "0..2", example: "0..4",
            "One run a seed: which rows are drawn, where training starts, in which order rows come."),
        .init(
            "budget", .duration, standard: "none: everything is run to its end", example: "20m",
            "How long the methods may race; the best ones of a short rehearsal are run in full."),
        .init(
            "race.rehearsals", .list(.number(0.001...1)), standard: "[0.1, 0.3]", example: "[0.25]",
            "Which shares of the steps the rehearsals of a race take, one after another."),
        .init(
            "race.keep", .number(0.01...1), standard: "0.34", example: "0.5",
            "Which share of the candidates goes on after a rehearsal, beside the best of each method."),
    ]

    private static let data: [ExperimentKey] = [
        .init(
            "data.task", .path, standard: "none", example: "Examples/Data/reviews",
            "A folder with task.json, pool.jsonl and test.jsonl; the other keys of data are laid over it."),
        .init(
            "data.name", .text, standard: "the folder's, or the file's", example: "reviews",
            "What the task is called."),
        .init(
            "data.pool", .path, standard: "the task's", example: "pool.csv",
            "Labelled rows (.jsonl, .csv, .tsv) that train and dev are drawn from."),
        .init(
            "data.test", .path, standard: "the task's", example: "test.csv",
            "Labelled rows that are locked away until everything is chosen."),
        .init(
            "data.template", .text, standard: "the task's", example: #""{text} It was {answer}.""#,
            "The text with its slots."),
        .init(
            "data.words", .words, standard: "the task's",
            example: "{negative: terrible, positive: [great, good]}",
            "The label words."),
        .init(
            "data.columns", .text, standard: "as they are called", example: "text=review,label=stars",
            "Which column is which field."),
        .init(
            "data.labels", .text, standard: "as they are called", example: "1=negative,5=positive",
            "What the files' labels mean."),
        .init(
            "data.metric", .text, standard: "the task's, or accuracy", example: "macro_f1",
            "How answers are judged."),
        .init(
            "data.limit", .integer(1...1_000_000), standard: "256", example: "512",
            "How many tokens a prompt may have; longer inputs are shortened."),
        .init(
            "data.test-rows", .integer(1...Int.max), standard: "all", example: "200",
            "Score the first so many test rows only."),
    ]

    /// Keys of every method that has them; a method's own key wins.
    private static let shared: [ExperimentKey] = learning("method", LearningSettings(), "the method's own")

    static func learning(
        _ path: String, _ settings: LearningSettings, _ own: String? = nil
    ) -> [ExperimentKey] {
        let count = SettingKind.list(.integer(1...1_000_000))
        return [
            .init(
                "\(path).steps", count, standard: own ?? "\(settings.steps)", example: "100",
                "How many steps a training makes at most."),
            .init(
                "\(path).batch", count, standard: own ?? "\(settings.batch)", example: "8",
                "How many examples a step learns from."),
            .init(
                "\(path).rate", .list(.rate),
                standard: "automatic; in a race [automatic, automatic*3, automatic*0.3]",
                example: "[0.003, 0.01]", "The learning rate; several race against each other."),
            .init(
                "\(path).patience", count, standard: own ?? "none", example: "5",
                "End after so many looks at dev without a better score."),
            .init(
                "\(path).warmup", .list(.integer(0...1_000_000)), standard: own ?? "\(settings.warmup)",
                example: "10",
                "In how many steps the rate rises to its full height."),
            .init(
                "\(path).loss", .list(.choice(AnswerLoss.allCases.map(\.rawValue))),
                standard: own ?? "margin for a masked model's words of several tokens, else cross-entropy",
                example: AnswerLoss.allCases[0].rawValue, "What is made smaller."),
            .init(
                "\(path).evaluation-interval", count, standard: own ?? "\(settings.evaluationInterval)",
                example: "20",
                "How many steps lie between two looks at dev."),
        ]
    }
}
