package import Checkpoints

extension ModelFamily {
    /// The family that a source says it is of.
    ///
    /// - Throws: ``ModelError/unknownFamily(file:key:found:)``.
    package init(_ source: ModelSource) throws {
        let key = source.format == .gguf ? "general.architecture" : "model_type"
        let name = try source.configuration.string(key)
        // Hugging Face names the text model without images apart from the one with them.
        guard let family = ModelFamily(rawValue: name == "gemma3_text" ? "gemma3" : name) else {
            throw ModelError.unknownFamily(file: source.configuration.location, key: key, found: name)
        }
        self = family
    }
}

extension ModelSource {
    /// The plan of the model, and where its parameters are found.
    ///
    /// - Throws: ``CheckpointError`` or ``ModelError`` that names the key at fault.
    package func model() throws -> (model: any LanguageModel, rules: NameRules) {
        let family = try ModelFamily(self)
        switch (family, format) {
        case (.bert, .huggingFace), (.distilbert, .huggingFace), (.electra, .huggingFace),
            (.roberta, .huggingFace), (.xlmRoberta, .huggingFace):
            let settings = try BERTConfiguration(family, configuration, checkpoint)
            return (BERT(settings), settings.folderRules)
        case (.bert, .gguf), (.distilbert, .gguf), (.electra, .gguf), (.roberta, .gguf), (.xlmRoberta, .gguf):
            throw ModelError.unsupported(
                file: configuration.location, key: "general.architecture", found: "'\(family.rawValue)'",
                supported:
                    "encoders as a Hugging Face folder; GGUF files of them lack the head that guesses words")
        case (.gemma3, .huggingFace):
            return (Gemma3(try Gemma3Configuration(configuration)), Gemma3Configuration.folderRules)
        case (.gemma3, .gguf):
            let settings = try Gemma3Configuration(gguf: configuration, checkpoint)
            return (Gemma3(settings), Gemma3Configuration.ggufRules)
        case (.gpt2, .huggingFace):
            return (GPT2(try GPT2Configuration(configuration)), GPT2Configuration.folderRules)
        case (.gpt2, .gguf):
            return (GPT2(try GPT2Configuration(gguf: configuration, checkpoint)), GPT2Configuration.ggufRules)
        case (.llama, .huggingFace), (.mistral, .huggingFace), (.qwen2, .huggingFace), (.qwen3, .huggingFace):
            return (Llama(try LlamaConfiguration(family, configuration)), LlamaConfiguration.folderRules)
        case (.mistral, .gguf):
            throw ModelError.unsupported(
                file: configuration.location, key: "general.architecture", found: "'mistral'",
                supported: "a Mistral as llama.cpp converts it, which says 'llama'")
        case (.llama, .gguf), (.qwen2, .gguf), (.qwen3, .gguf):
            let settings = try LlamaConfiguration(family, gguf: configuration, checkpoint)
            return (Llama(settings), settings.ggufRules)
        }
    }
}
