public import Foundation

extension TokenizerPipeline {
    /// Larger than the largest known tokenizer file by far.
    static let fileLimit = 256 << 20

    /// Reads a tokenizer from a file or a model folder; never from a network.
    ///
    /// - Parameter file: a `tokenizer.json`; a BERT `vocab.txt`; or a folder that holds one of them, and
    ///   perhaps `tokenizer_config.json` and `special_tokens_map.json`, which name special tokens' roles.
    ///   Truncation and padding of the file are not carried out: they are the caller's business.
    /// - Throws: ``TokenizerError``; kinds and settings that would give other ids than the reference's are
    ///   refused.
    public init(contentsOf file: URL) throws(TokenizerError) {
        let folder = Self.isFolder(file) ? file : file.deletingLastPathComponent()
        let main = folder == file ? try Self.mainFile(in: folder) : file
        let roles = try TokenRoles(folder: folder)
        if main.pathExtension == "txt" {
            try self.init(TokenizerStages(wordPieceList: Self.bytes(of: main), roles))
        } else {
            try self.init(json: Self.bytes(of: main), roles)
        }
    }

    /// Reads a tokenizer from the bytes of a `tokenizer.json`.
    public init(json bytes: some Sequence<UInt8>) throws(TokenizerError) {
        try self.init(json: Array(bytes), TokenRoles())
    }

    init(json bytes: [UInt8], _ roles: TokenRoles) throws(TokenizerError) {
        try self.init(TokenizerStages(json: JSONDocument(bytes).root, roles))
    }

    private static func isFolder(_ file: URL) -> Bool {
        let target = file.resolvingSymlinksInPath()
        return (try? target.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
    }

    private static func mainFile(in folder: URL) throws(TokenizerError) -> URL {
        for name in ["tokenizer.json", "vocab.txt"] {
            let file = folder.appendingPathComponent(name)
            if FileManager.default.fileExists(atPath: file.path) { return file }
        }
        throw .unreadable(path: folder.path, reason: "it holds neither tokenizer.json nor vocab.txt")
    }

    static func bytes(of file: URL) throws(TokenizerError) -> [UInt8] {
        do {
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            guard size <= fileLimit else {
                throw TokenizerError.tooLarge(path: file.path, bytes: size, limit: fileLimit)
            }
            return [UInt8](try Data(contentsOf: file))
        } catch let error as TokenizerError {
            throw error
        } catch {
            throw .unreadable(path: file.path, reason: "the system says “\(error.localizedDescription)”")
        }
    }
}

/// What the files beside a tokenizer say about it.
struct TokenRoles {
    /// Contents of tokens by the names of their roles (`bos_token` …).
    var contents: [String: [UInt8]] = [:]
    /// BERT's `do_lower_case` and its kin, for a bare list of pieces.
    var lowercases = true
    var stripsAccents: Bool?
    var spacesIdeographs = true

    static let names = [
        "bos_token", "eos_token", "pad_token", "unk_token", "mask_token", "sep_token", "cls_token",
    ]

    init() {}

    init(folder: URL) throws(TokenizerError) {
        for name in ["special_tokens_map.json", "tokenizer_config.json"] {
            let file = folder.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try read(JSONDocument(TokenizerPipeline.bytes(of: file)).root)
        }
    }

    private mutating func read(_ value: JSONValue) throws(TokenizerError) {
        for name in Self.names {
            guard let role = try value.optional(name) else { continue }
            contents[name] = try role.kind == .object ? role.required("content").bytes() : role.bytes()
        }
        lowercases = try value.flag("do_lower_case", default: lowercases)
        stripsAccents = try value.optional("strip_accents")?.flag() ?? stripsAccents
        spacesIdeographs = try value.flag("tokenize_chinese_chars", default: spacesIdeographs)
    }

    /// The ids of the roles; a role whose token is in no vocabulary stays empty, as in the reference.
    func specialTokens(_ id: ([UInt8]) -> Int32?) -> SpecialTokens {
        func find(_ name: String) -> Int32? { contents[name].flatMap(id) }
        var tokens = SpecialTokens()
        tokens.beginning = find("bos_token")
        tokens.end = find("eos_token")
        tokens.padding = find("pad_token")
        tokens.unknown = find("unk_token")
        tokens.mask = find("mask_token")
        tokens.separator = find("sep_token")
        tokens.classifier = find("cls_token")
        return tokens
    }
}
