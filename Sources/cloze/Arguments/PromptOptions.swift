import ArgumentParser
import Foundation
import Models
import Prompts
import Tensors

/// With which prompt rows are answered: a saved one, or a text and label words.
struct PromptOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A prompt's folder: of cloze train, or of PEFT (then with --template and --words).",
            valueName: "folder"))
    var prompt: String?

    @OptionGroup var question: QuestionOptions
    @OptionGroup var chat: ChatOption

    @Option(help: ArgumentHelp("Which task of a multitask PEFT adapter, from 0.", valueName: "number"))
    var peftTask: Int = 0

    @Option(help: ArgumentHelp("How word scores become label scores.", valueName: "rule"))
    var rule: ScoringRule?

    @Option(
        help: ArgumentHelp(
            "The field that holds each row's own answers, as a list; labels are places from 0.",
            valueName: "field"))
    var choices: String?

    @Option(
        help: ArgumentHelp(
            "The text that --rule pmi and domain-pmi compare with; fields may stand in it.",
            valueName: "template"))
    var neutral: String?

    @Option(
        help: ArgumentHelp(
            "On a masked model, in which order an answer's masks are filled.", valueName: "order"))
    var decoding: MaskDecoding?

    /// The saved prompt, or one made of the template and the words.
    ///
    /// Where the command line gives no template and no words, those of `task` are taken.
    func load(_ pretrained: PretrainedModel, task: PromptTask? = nil) throws -> Prompt {
        var made =
            try prompt.map { try saved(PromptFolder(URL(fileURLWithPath: $0)), pretrained, task) }
            ?? hard(pretrained, task)
        if let rule { made.manifest.rule = rule }
        if let neutral { made.manifest.neutral = try Self.question(neutral) }
        if let choices { made.manifest.choices = choices }
        if let decoding { made.manifest.decoding = decoding }
        try made.checkRule(pretrained)
        return made
    }

    /// The saved prompt, if it answers rows with their own: tags, spans or texts.
    func ownReadout() throws -> Prompt? {
        guard let prompt else { return nil }
        let folder = PromptFolder(URL(fileURLWithPath: prompt))
        guard let readout = try folder.readout, !Readout.ofLabels.contains(readout) else { return nil }
        guard question.template == nil, question.words == nil, !chat.isAsked, rule == nil, choices == nil
        else {
            throw UsageError(
                "--prompt brings its own way of asking; leave --template, --words, --chat, --rule and --choices away"
            )
        }
        return try folder.read(on: CPUBackend.shared)
    }

    /// A template whose answer stands at its end, where it says none.
    private static func question(_ text: String) throws -> Template {
        do { return try Template(unescaping: text) } catch let error where error.rule == .noAnswer {
            return try Template(unescaping: text + "{answer}")
        }
    }

    private func saved(_ folder: PromptFolder, _ pretrained: PretrainedModel, _ task: PromptTask?) throws
        -> Prompt
    {
        guard folder.isPEFTOnly else {
            guard question.template == nil, question.words == nil, !chat.isAsked else {
                throw UsageError(
                    "--prompt brings its own template and words; leave --template, --words and --chat away")
            }
            return try folder.read(on: CPUBackend.shared)
        }
        let adapter = try folder.readPEFT(on: CPUBackend.shared)
        let asked = try asked(task, pretrained, named: folder.url.lastPathComponent)
        return try Prompt(adapter, asked, pretrained, task: peftTask)
    }

    private func hard(_ pretrained: PretrainedModel, _ task: PromptTask?) throws -> Prompt {
        let asked = try asked(task, pretrained, named: "hard prompt")
        guard !asked.template.hasSoftRows else {
            throw UsageError(
                "the template has soft rows, which only a trained prompt has; give --prompt FOLDER")
        }
        return try Prompt.hard(asked, pretrained, rule: rule ?? .sum)
    }

    /// The template and the words of the command line, or else the task's.
    private func asked(
        _ task: PromptTask?, _ pretrained: PretrainedModel, named name: String
    ) throws -> PromptTask {
        guard let template = try question.parsedTemplate() ?? task?.template else {
            let advice = "--template with --words"
            throw UsageError(
                prompt.map { "\($0) was written by PEFT, which keeps no text; give \(advice)" }
                    ?? "say with what to ask: --prompt FOLDER, or \(advice)")
        }
        let places = try choices.map { _ in try Verbalizer(labels: Self.places, words: Self.places) }
        guard let words = try question.parsedWords() ?? places ?? task?.verbalizer else {
            throw UsageError("--template needs the label words: --words 'label=word,…'")
        }
        var asked = PromptTask(
            name: task?.name ?? name, template: try chat.asked(template, pretrained),
            verbalizer: words, limit: question.limit)
        asked.choices = choices
        return asked
    }

    /// The labels of multiple choice before any row was read.
    private static let places = (0..<10).map(String.init)
}

extension PromptFolder {
    /// Whether PEFT wrote the folder, so that it has rows and no text.
    fileprivate var isPEFTOnly: Bool {
        func has(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
        }
        return has("adapter_config.json") && !has(Self.manifestName)
    }
}

extension Prompt {
    /// Throws `VerbalizerError` where the rule cannot score these words, before any row is read.
    fileprivate func checkRule(_ pretrained: PretrainedModel) throws {
        // The places of choices are no words.
        guard manifest.choices == nil else { return }
        let words = try EncodedVerbalizer(
            manifest.verbalizer, behind: manifest.template, pretrained.tokenizer,
            kind: pretrained.promptKind())
        let nothing = words.words.map { $0.tokens.map { _ in Float(0) } }
        let atSlot = pretrained.model.traits.isCausal ? nil : nothing
        _ = try manifest.rule.scores(
            AnswerScores(steps: nothing, atSlot: atSlot, neutralSteps: nothing), words)
    }
}
