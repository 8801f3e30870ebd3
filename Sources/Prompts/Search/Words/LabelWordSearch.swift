public import Datasets
public import Models

/// One of the searches of label words, with its settings: each finds an ordinary verbalizer.
public enum LabelWordSearch: Codable, Hashable, Sendable {
    /// AutoPrompt's, by a regression on the states at the answer.
    case autoPrompt(LabelTokenSearch.Settings)
    /// PETAL's, by how well a word tells a label's rows from the others.
    case petal(PETAL.Settings)
    /// PET's, by what a word does among random words of the other labels.
    case automaticVerbalizer(AutomaticVerbalizerSearch.Settings)
    /// LM-BFF's, by combinations of likely words.
    case likelyWords(LikelyWordSearch.Settings)

    /// The names on the command line and in manifests.
    public enum Name: String, Codable, Sendable, CaseIterable {
        case autoPrompt = "autoprompt"
        case petal
        case automaticVerbalizer = "avs"
        case likelyWords = "lm-bff"
    }

    /// Its name.
    public var name: Name {
        switch self {
        case .autoPrompt: .autoPrompt
        case .petal: .petal
        case .automaticVerbalizer: .automaticVerbalizer
        case .likelyWords: .likelyWords
        }
    }

    /// Words for each label.
    ///
    /// - Parameters:
    ///   - split: the train rows; its dev rows are read only where the settings choose by them.
    ///   - unlabelled: more texts of the task, for searches that count words in them.
    ///   - task: the template; its own words are not read.
    ///   - pretrained: the model.
    /// - Throws: ``PromptError``, ``TemplateError``.
    public func words(
        _ split: FewShotSplit, unlabelled: [Example] = [], _ task: PromptTask, _ pretrained: PretrainedModel
    ) throws -> Verbalizer {
        switch self {
        case .autoPrompt(let settings): try LabelTokenSearch(settings).words(split.train, task, pretrained)
        case .petal(let settings): try PETAL(settings).words(split.train, task, pretrained)
        case .automaticVerbalizer(let settings):
            try AutomaticVerbalizerSearch(settings).words(
                split.train, unlabelled: unlabelled, task, pretrained)
        case .likelyWords(let settings): try LikelyWordSearch(settings).words(split, task, pretrained)
        }
    }

    /// Whether dev rows decide.
    package var choosesByDev: Bool {
        if case .likelyWords(let settings) = self { settings.choosesByDev } else { false }
    }

    /// Whether unlabelled rows are read.
    package var countsWords: Bool { name == .automaticVerbalizer }

    /// Names and values for a manifest.
    package var described: [String: String] {
        var values = ["wordSearch": name.rawValue]
        switch self {
        case .autoPrompt(let settings): values["wordSettings"] = settings.json
        case .petal(let settings): values["wordSettings"] = settings.json
        case .automaticVerbalizer(let settings): values["wordSettings"] = settings.json
        case .likelyWords(let settings): values["wordSettings"] = settings.json
        }
        return values
    }
}
