import ArgumentParser
import Models
import Prompts
import Tokenizers

/// Whether the question is put within a conversation.
struct ChatOption: ParsableArguments {
    @Flag(
        name: .customLong("chat"),
        help: "Put the template into a user's turn of the model's chat template; the answer starts the reply."
    )
    var isAsked = false

    /// Throws where examples are to be shown as well: they would be turns of their own.
    func check(_ shown: DemonstrationOptions) throws {
        guard isAsked, shown.isAsked else { return }
        throw ValidationError("--chat shows no examples; leave --shots and --instruction away")
    }

    /// A template as it is asked.
    ///
    /// - Throws: `ChatTemplateError` where the model has no chat template, or one that Cloze does not read.
    func asked(_ template: Template, _ pretrained: PretrainedModel) throws -> Template {
        guard isAsked else { return template }
        guard let chatTemplate = try pretrained.chatTemplate else {
            throw ChatTemplateError.noTemplate(model: pretrained.name)
        }
        return try template.asUserMessage(in: chatTemplate.turn(), pretrained.tokenizer)
    }
}
