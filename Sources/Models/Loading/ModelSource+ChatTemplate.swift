package import Checkpoints
import Foundation
public import Tokenizers

extension ModelSource {
    /// The chat template as the model's files have it, or nil where they have none: `chat_template.jinja`, else
    /// `chat_template` of `tokenizer_config.json` (of several the one named `default`), else GGUF's metadata.
    ///
    /// - Throws: `CheckpointError` where a file is no JSON, ``ChatTemplateError`` where it is no text.
    package func chatTemplate() throws -> String? {
        if let gguf { return try gguf.configuration.optionalString("tokenizer.chat_template") }
        if let file = file("chat_template.jinja") {
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            guard size <= 1 << 20, let text = try? String(contentsOf: file, encoding: .utf8) else {
                throw ChatTemplateError.unreadable(
                    file: file.path, reason: "it is no text of a chat template")
            }
            return text
        }
        guard let file = file("tokenizer_config.json") else { return nil }
        let settings = try Configuration(contentsOf: file)
        guard let templates = settings["chat_template"]?.elements else {
            return try settings.optionalString("chat_template")
        }
        let named = templates.first { $0.members?["name"]?.text == "default" } ?? templates.first
        guard let text = named?.members?["template"]?.text else {
            throw ChatTemplateError.unreadable(
                file: settings.location, reason: "chat_template holds no template that is named 'default'")
        }
        return text
    }
}

extension PretrainedModel {
    /// How the model was taught to read conversations, or nil where it came without that.
    ///
    /// - Throws: `ChatTemplateError` where the template uses what Cloze does not read of Jinja.
    public var chatTemplate: ChatTemplate? {
        get throws {
            try chatTemplateSource.map {
                try ChatTemplate($0, specialTokens: tokenizer.specialTokens.texts(tokenizer))
            }
        }
    }
}

extension SpecialTokens {
    /// The spellings of the tokens by the names that chat templates have for them.
    fileprivate func texts(_ tokenizer: any Tokenizer) -> [String: String] {
        let tokens = [
            "bos_token": beginning, "eos_token": end, "pad_token": padding, "unk_token": unknown,
            "sep_token": separator, "cls_token": classifier, "mask_token": mask,
        ]
        return tokens.compactMapValues { $0.flatMap(tokenizer.piece) }
    }
}
