internal import Prompts

// The keys of the methods; each may have a list of values, of which each is a candidate.

extension ExperimentKey {
    /// The keys of a method; each may have a list of values, of which each is a candidate.
    static func keys(of way: WayOfPrompting) -> [ExperimentKey] {
        let path = "methods.\(way.rawValue)"
        switch way {
        case .zeroShot: return []
        case .calibrated: return calibrated(path)
        case .patterns: return patterns(path)
        case .autoPrompt: return search(path, AutoPrompt.Settings())
        case .fewShot: return fewShot(path)
        case .linearProbe: return learning(path, ModelTuning.Settings.probe.learning)
        case .promptTuning: return promptTuning(path, PromptTuning.Settings())
        case .pTuning: return pTuning(path, PTuning.Settings())
        case .prefixTuning: return prefix(path, PrefixTuning.Settings())
        case .deepPrompt: return prefix(path, DeepPrompt.Settings())
        case .lora: return lora(path, LoRA.Settings())
        case .modelTuning:
            let settings = ModelTuning.Settings()
            return learning(path, settings.learning) + [tuned(path, "all"), readout(path, settings.readout)]
        }
    }

    private static func calibrated(_ path: String) -> [ExperimentKey] {
        [
            .init(
                "\(path).correction", .list(.choice(["contextual", "bias", "temperature"])),
                standard: "[contextual, bias]", example: "contextual",
                "Which correction; bias and temperature are fitted on the train rows.")
        ]
    }

    private static func patterns(_ path: String) -> [ExperimentKey] {
        [
            .init(
                "\(path).templates", .list(.text), standard: "none: the method is left out",
                example: #"["{text} All in all, {answer}.", "Just {answer}! {text}"]"#,
                "Templates that are tried in place of the task's.")
        ]
    }

    private static func fewShot(_ path: String) -> [ExperimentKey] {
        let selections = DemonstrationSelection.allCases.map(\.rawValue)
        let orders = DemonstrationOrder.allCases.map(\.rawValue)
        return [
            .init(
                "\(path).examples", .list(.integer(1...1024)), standard: "[4, 8]", example: "8",
                "How many examples a prompt shows, drawn from the train rows."),
            .init(
                "\(path).select", .list(.choice(selections)), standard: "balanced", example: "random",
                "Which examples are shown."),
            .init(
                "\(path).order", .list(.choice(orders)), standard: "as-drawn", example: "label-grouped",
                "In which order they stand."),
            .init(
                "\(path).instruction", .list(.text), standard: "none",
                example: "\"Classify the reviews.\"",
                "A sentence in front of the examples."),
        ]
    }

    private static func promptTuning(_ path: String, _ settings: PromptTuning.Settings) -> [ExperimentKey] {
        learning(path, settings.learning) + [
            rows(path, settings.rows, in: Template.softRowLimit), placement(path, settings.placement),
            start(path, ["text", "vocabulary", "labels", "random"], "text"), startText(path),
        ]
    }

    private static func pTuning(_ path: String, _ settings: PTuning.Settings) -> [ExperimentKey] {
        learning(path, settings.learning) + [
            rows(path, settings.rows, in: Template.softRowLimit), placement(path, settings.placement),
            .init(
                "\(path).encoder",
                .list(.choice(["lama", "fewglue", "fewglue-mlp", "peft-lstm", "peft-mlp"])),
                standard: "lama", example: "peft-mlp", "Which network makes the rows in training."),
            width(path, 128), tuned(path, "none"),
            .init(
                "\(path).model-rate", .list(.number(0...1)), standard: "\(settings.modelRate)",
                example: "0.00001",
                "The rate of the model's own weights, where they are tuned."),
        ]
    }

    private static func lora(_ path: String, _ settings: LoRA.Settings) -> [ExperimentKey] {
        learning(path, settings.learning) + [
            .init(
                "\(path).rank", .list(.integer(1...1024)), standard: "\(settings.rank)",
                example: "[4, 16]",
                "The rank of the changes."),
            .init(
                "\(path).alpha", .list(.number(0...10_000)), standard: "\(settings.alpha)", example: "32",
                "The changes are multiplied by this over the rank."),
            .init(
                "\(path).targets", .list(.text), standard: "the queries' and values' maps",
                example: "\"q_proj,v_proj\"",
                "The maps that are changed, with commas between."),
        ]
    }

    private static func search(_ path: String, _ settings: AutoPrompt.Settings) -> [ExperimentKey] {
        [
            .init(
                "\(path).triggers", .list(.integer(1...100)), standard: "\(settings.triggers)", example: "5",
                "How many words are searched."),
            .init(
                "\(path).iterations", .list(.integer(1...1_000_000)), standard: "\(settings.iterations)",
                example: "50",
                "How many iterations a search makes."),
            .init(
                "\(path).candidates", .list(.integer(1...10_000)), standard: "\(settings.candidates)",
                example: "20",
                "How many tokens an iteration tries."),
            .init(
                "\(path).measure", .list(.choice(AutoPrompt.Measure.allCases.map(\.rawValue))),
                standard: settings.measure.rawValue, example: "likelihood", "What decides between tokens."),
        ]
    }

    private static func prefix(_ path: String, _ settings: some PrefixSettings) -> [ExperimentKey] {
        learning(path, settings.learning) + [
            rows(path, settings.rows, in: 1...10_000),
            self.start(path, ["text", "written", "random"], "text"),
            startText(path),
            .init(
                "\(path).encoder", .list(.choice(["none", "mlp"])), standard: "none", example: "mlp",
                "Which network makes the keys and values in training, if any."),
            width(path, 512),
            .init(
                "\(path).layers", .list(.other("numbers and ranges, such as 0-3,7")), standard: "all",
                example: "\"0-3,7\"", "Which layers get keys and values."),
            .init(
                "\(path).dropout", .list(.number(0...0.99)), standard: "\(settings.dropout)", example: "0.1",
                "The share of the prefix that is zeroed in training."),
            readout(path, settings.readout),
        ]
    }

    private static func rows(_ path: String, _ count: Int, in limit: ClosedRange<Int>) -> ExperimentKey {
        .init(
            "\(path).soft-rows", .list(.integer(limit)), standard: "\(count)", example: "[5, 20, 50]",
            "How many rows the prompt gets.")
    }

    private static func placement(_ path: String, _ standard: PromptTuning.Placement) -> ExperimentKey {
        .init(
            "\(path).placement", .list(.choice(PromptTuning.Placement.allCases.map(\.rawValue))),
            standard: standard.rawValue, example: "end", "Where the rows stand, if the template does not say."
        )
    }

    private static func start(_ path: String, _ words: [String], _ standard: String) -> ExperimentKey {
        .init(
            "\(path).init", .list(.choice(words)), standard: standard, example: words[0],
            "How the rows start.")
    }

    private static func startText(_ path: String) -> ExperimentKey {
        .init(
            "\(path).init-text", .list(.text), standard: "\"\(SoftInitialisation.defaultText)\"",
            example: "\"What is the topic?\"", "The text that they start from.")
    }

    private static func width(_ path: String, _ count: Int) -> ExperimentKey {
        .init(
            "\(path).encoder-width", .list(.integer(1...16_384)), standard: "\(count)", example: "256",
            "The width of that network.")
    }

    private static func tuned(_ path: String, _ standard: String) -> ExperimentKey {
        .init(
            "\(path).tuned", .list(.other("all, none or top:K, such as top:2")), standard: standard,
            example: "\"top:2\"",
            "Which of the model's own weights are tuned.")
    }

    private static func readout(_ path: String, _ standard: Readout) -> ExperimentKey {
        .init(
            "\(path).readout", .list(.choice(Readout.ofLabels.map(\.rawValue))), standard: standard.rawValue,
            example: "classifier", "How labels are read.")
    }
}
