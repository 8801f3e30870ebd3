package import Checkpoints
package import Tokenizers

extension ModelSource {
    /// The tokenizer that comes with the model.
    ///
    /// - Throws: ``TokenizerError`` or ``CheckpointError`` where there is none or it cannot be read.
    package func tokenizer() throws -> TokenizerPipeline {
        guard let gguf else { return try TokenizerPipeline(contentsOf: location) }
        return try TokenizerPipeline(try gguf.vocabulary())
    }
}

extension GGUFFile {
    /// The tokenizer's part of the metadata.
    fileprivate func vocabulary() throws -> GGUFVocabulary {
        let settings = configuration
        return GGUFVocabulary(
            model: try settings.string(Self.prefix + "model"),
            splitting: try settings.optionalString(Self.prefix + "pre"),
            pieces: try list("tokens")?.strings() ?? [],
            scores: try list("scores")?.numbers() ?? [],
            kinds: try list("token_type")?.integers().map { Int32(clamping: $0) } ?? [],
            merges: try list("merges")?.strings() ?? [],
            roles: try roles(settings),
            addsBeginning: try settings.optionalBool(Self.prefix + "add_bos_token"),
            addsEnd: try settings.optionalBool(Self.prefix + "add_eos_token"),
            addsSpacePrefix: try settings.optionalBool(Self.prefix + "add_space_prefix"))
    }

    private static var prefix: String { "tokenizer.ggml." }

    private func list(_ key: String) -> GGUFArray? { metadata[Self.prefix + key]?.array }

    private func roles(_ settings: Configuration) throws -> SpecialTokens {
        func token(_ key: String) throws -> Int32? {
            try settings.optionalInteger(Self.prefix + key).map { Int32(clamping: $0) }
        }
        var roles = SpecialTokens()
        roles.beginning = try token("bos_token_id")
        roles.end = try token("eos_token_id")
        roles.unknown = try token("unknown_token_id")
        roles.padding = try token("padding_token_id")
        // ggml spells it so.
        roles.separator = try token("seperator_token_id") ?? token("separator_token_id")
        roles.mask = try token("mask_token_id")
        roles.classifier = try token("cls_token_id")
        return roles
    }
}
