import ArgumentParser
import Foundation
import Prompts

/// How label words are searched, or made of lists.
struct WordSearchOptions: ParsableArguments {
    @Flag(help: "Search label words and no triggers: the template stays as it is.")
    var wordsOnly = false

    @Option(help: ArgumentHelp("How label words are searched.", valueName: "search"))
    var wordSearch: LabelWordSearch.Name?

    @Option(
        help: ArgumentHelp(
            "Search so many label words a label first, in place of the task's own.", valueName: "count"))
    var labelWords: Int?

    @Option(help: ArgumentHelp("What petal ranks words by.", valueName: "score"))
    var wordScore: PETAL.Score?

    @Flag(help: "With petal: all other labels' rows count as many as they are.")
    var unbalanced = false

    @Option(
        help: ArgumentHelp(
            "How many tokens are tried: a label's (petal, lm-bff), or of the texts (avs).", valueName: "count"
        ))
    var wordCandidates: Int?

    @Flag(help: "With lm-bff: the dev rows choose among the combinations.")
    var chooseByDev = false

    @Flag(help: "Leave the labels' own names out of the label words.")
    var noLabelNames = false

    @Option(
        help: ArgumentHelp(
            "Rows for avs and --refine-words, whose labels are not read; the pool's that are not drawn by default.",
            valueName: "file"))
    var unlabelled: String?

    @Option(
        help: ArgumentHelp(
            "Refine lists of words instead of searching: JSON, or a line a label, 'label=word|word'.",
            valueName: "file"))
    var refineWords: String?

    @Option(
        help: ArgumentHelp("Of the vocabulary, the share that is too rare at the answer.", valueName: "share")
    )
    var rareShare: Float?

    @Option(help: ArgumentHelp("How many tokens a listed word may have.", valueName: "count"))
    var longestWord: Int?

    @Flag(help: "Keep words whatever their relevance.")
    var noRelevance = false

    @Flag(help: "Do not calibrate the words.")
    var noCalibration = false

    @Flag(help: "Learn a weight a word from the train rows.")
    var learnWeights = false

    @Flag(help: "Let the masked model write templates around the label words; the dev rows choose (LM-BFF).")
    var generateTemplates = false

    @Option(
        help: ArgumentHelp(
            "How many tokens a generated template has in front of the answer, at most.", valueName: "count"))
    var templateTokens: Int?

    @Option(help: ArgumentHelp("How many beginnings of a template are held.", valueName: "count"))
    var beams: Int?

    @Option(
        help: ArgumentHelp(
            "Tune the model with so many of the best templates before the dev rows choose; 0 by default.",
            valueName: "count"))
    var tuneTemplates: Int?

    @Option(help: ArgumentHelp("How many steps each of these tunings makes.", valueName: "count"))
    var tuningSteps: Int?

    /// Whether words or templates are what is looked for, and not triggers.
    var isAlone: Bool { wordsOnly || refineWords != nil || generateTemplates }

    func validate() throws {
        if let labelWords, labelWords < 1 {
            throw ValidationError("--label-words is \(labelWords); write 1 or more")
        }
        if let wordCandidates, wordCandidates < 1 {
            throw ValidationError("--word-candidates is \(wordCandidates); write 1 or more")
        }
        if wordsOnly, refineWords != nil {
            throw ValidationError("--words-only and --refine-words exclude each other")
        }
        if generateTemplates, wordsOnly || refineWords != nil || name != nil {
            throw ValidationError(
                "--generate-templates keeps the task's words; search words first and give them as --words")
        }
        if !generateTemplates, templateTokens != nil || beams != nil || tuneTemplates != nil {
            throw ValidationError(
                "--template-tokens, --beams and --tune-templates go with --generate-templates")
        }
        if tuningSteps != nil, tuneTemplates == nil {
            throw ValidationError("--tuning-steps goes with --tune-templates")
        }
        if refineWords != nil, wordSearch != nil || labelWords != nil {
            throw ValidationError(
                "--refine-words brings the words; leave --word-search and --label-words away")
        }
        try refuseForeignOptions()
    }

    /// Options that would be ignored without a word.
    private func refuseForeignOptions() throws {
        let search = name
        let ofSearch: [(String, Bool, Set<LabelWordSearch.Name>)] = [
            ("--word-score", wordScore != nil, [.petal]), ("--unbalanced", unbalanced, [.petal]),
            ("--word-candidates", wordCandidates != nil, [.petal, .automaticVerbalizer, .likelyWords]),
            ("--choose-by-dev", chooseByDev, [.likelyWords]),
        ]
        for (option, isGiven, searches) in ofSearch where isGiven && !(search.map(searches.contains) ?? false)
        {
            let names = searches.map(\.rawValue).sorted().joined(separator: " or ")
            throw ValidationError("\(option) goes with --word-search \(names)")
        }
        if name == .likelyWords, let labelWords, labelWords > 1 {
            throw ValidationError("--word-search lm-bff finds one word a label; leave --label-words away")
        }
        if unlabelled != nil, refineWords == nil, name != .automaticVerbalizer {
            throw ValidationError("--unlabelled goes with --word-search avs or --refine-words")
        }
        let ofLists = [
            ("--rare-share", rareShare != nil), ("--longest-word", longestWord != nil),
            ("--no-relevance", noRelevance), ("--no-calibration", noCalibration),
            ("--learn-weights", learnWeights),
        ]
        for (option, isGiven) in ofLists where isGiven && refineWords == nil {
            throw ValidationError("\(option) goes with --refine-words")
        }
    }

    /// Which search is asked for; nil where the task's own words stay.
    private var name: LabelWordSearch.Name? {
        wordSearch ?? (wordsOnly || labelWords != nil ? .autoPrompt : nil)
    }

    /// The search of label words, or nil where the task's own words stay.
    func search(_ filter: TriggerFilter, seed: UInt64) -> LabelWordSearch? {
        var filter = filter
        filter.refusesLabels = noLabelNames
        switch name {
        case nil: return nil
        case .autoPrompt:
            var settings = LabelTokenSearch.Settings()
            settings.wordsPerLabel = labelWords ?? settings.wordsPerLabel
            (settings.filter, settings.seed) = (filter, seed)
            return .autoPrompt(settings)
        case .petal:
            var settings = PETAL.Settings()
            settings.wordsPerLabel = labelWords ?? settings.wordsPerLabel
            settings.score = wordScore ?? settings.score
            settings.candidates = wordCandidates ?? settings.candidates
            (settings.isBalanced, settings.filter) = (!unbalanced, filter)
            return .petal(settings)
        case .automaticVerbalizer:
            var settings = AutomaticVerbalizerSearch.Settings()
            settings.wordsPerLabel = labelWords ?? settings.wordsPerLabel
            settings.candidates = wordCandidates ?? settings.candidates
            (settings.filter, settings.seed) = (filter, seed)
            return .automaticVerbalizer(settings)
        case .likelyWords:
            var settings = LikelyWordSearch.Settings()
            settings.candidates = wordCandidates ?? settings.candidates
            (settings.choosesByDev, settings.filter) = (chooseByDev, filter)
            return .likelyWords(settings)
        }
    }

    /// How templates are generated.
    func generation(_ filter: TriggerFilter, seed: UInt64) -> TemplateGeneration.Settings {
        var settings = TemplateGeneration.Settings()
        settings.before = templateTokens ?? settings.before
        settings.beams = beams ?? settings.beams
        settings.filter = filter
        settings.tuned = tuneTemplates ?? settings.tuned
        settings.tuning.steps = tuningSteps ?? settings.tuning.steps
        settings.tuning.seed = seed
        return settings
    }

    /// How lists are refined.
    var refinement: WordRefinement.Settings {
        var settings = WordRefinement.Settings()
        settings.rareShare = rareShare ?? settings.rareShare
        settings.longestWord = longestWord
        (settings.judgesRelevance, settings.calibrates) = (!noRelevance, !noCalibration)
        return settings
    }
}

/// Lists of words as a file has them: a JSON object of lists, or a line a label, `label=word|word`.
enum WordFile {
    /// The lists in the order of the labels.
    ///
    /// - Throws: `PromptError.labelsDiffer` where labels of file and task differ; ``UsageError`` for a file that is neither.
    static func lists(_ path: String, labels: [String]) throws -> [Verbalizer.Entry] {
        try InputFile(path).check()
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let found = try entries(data, path)
        let names = found.map(\.label)
        let missing = labels.filter { !names.contains($0) } + names.filter { !labels.contains($0) }
        guard missing.isEmpty else { throw PromptError.labelsDiffer(missing: missing, known: labels) }
        return labels.compactMap { label in found.first { $0.label == label } }
    }

    private static func entries(_ data: Data, _ path: String) throws -> [Verbalizer.Entry] {
        if let lists = try? JSONDecoder().decode([String: [String]].self, from: data) {
            return lists.map { Verbalizer.Entry(label: $0.key, words: $0.value) }
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        let entries = lines.map { WordList.entry(String($0)) }
        guard data.first != UInt8(ascii: "{"), !entries.isEmpty else {
            throw UsageError(
                "\(path) is no list of words; write {\"label\": [\"word\"]}, or a line a label, 'label=word|word'"
            )
        }
        return entries
    }
}
