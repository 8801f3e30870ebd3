import ArgumentParser
import Foundation
import Models
import Prompts
import Tensors

/// With which prompt rows are answered: a saved one, or a text and label words.
struct PromptOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("A prompt's folder, as cloze train writes it.", valueName: "folder"))
    var prompt: String?

    @OptionGroup var question: QuestionOptions

    @Option(help: ArgumentHelp("How word scores become label scores.", valueName: "rule"))
    var rule: ScoringRule?

    func validate() throws {
        guard prompt == nil || (question.template == nil && question.words == nil) else {
            throw ValidationError("--prompt brings its own template and words; leave --template and --words away")
        }
    }

    /// The saved prompt, or one made of the template and the words.
    ///
    /// - Parameter task: a task whose template and words are taken where the command line gives none.
    func load(_ pretrained: PretrainedModel, task: PromptTask? = nil) throws -> Prompt {
        var made = try prompt.map { try PromptFolder(URL(fileURLWithPath: $0)).read(on: CPUBackend.shared) }
            ?? hard(pretrained, task)
        if let rule { made.manifest.rule = rule }
        try made.checkRule(pretrained)
        return made
    }

    private func hard(_ pretrained: PretrainedModel, _ task: PromptTask?) throws -> Prompt {
        guard let template = try question.parsedTemplate() ?? task?.template else {
            throw UsageError("say with what to ask: --prompt FOLDER, or --template with --words")
        }
        guard let words = try question.parsedWords() ?? task?.verbalizer else {
            throw UsageError("--template needs the label words: --words 'label=word,…'")
        }
        guard !template.hasSoftRows else {
            throw UsageError("the template has soft rows, which only a trained prompt has; give --prompt FOLDER")
        }
        let name = task?.name ?? "hard prompt"
        let asked = PromptTask(name: name, template: template, verbalizer: words, limit: question.limit)
        return try Prompt.hard(asked, pretrained, rule: rule ?? .sum)
    }
}

extension Prompt {
    /// Throws `VerbalizerError` where the rule cannot score these words, before any row is read.
    fileprivate func checkRule(_ pretrained: PretrainedModel) throws {
        let words = try EncodedVerbalizer(
            manifest.verbalizer, behind: manifest.template, pretrained.tokenizer, kind: .causal)
        _ = try manifest.rule.scores(AnswerScores(steps: words.words.map { $0.tokens.map { _ in 0 } }), words)
    }
}
