import Foundation
import Testing
import Tokenizers

/// A tokenizer of Tests/Goldens/tokenizers and what the reference made of the texts with it.
struct Golden {
    let name: String
    let texts: [String]
    let tokenizer: TokenizerPipeline
    let size: Int
    let ids: [[Int32]]
    let framed: [[Int32]]
    let pairs: [[Int32]]
    let segments: [[Int32]]
    /// What each text becomes when its ids are decoded.
    let decoded: [String]
    /// Ids without special tokens in the text, by position, where they differ.
    let safe: [String: [Int32]]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens/tokenizers", directoryHint: .isDirectory)

    private struct Texts: Decodable { var texts: [String] }

    private struct Record: Decodable {
        var size: Int
        var ids, framed, pairs, segments: String
        var prefix: String
        var decoded: [String: String]
        var safe: [String: [Int32]]
    }

    init(_ name: String) throws {
        let tokenizer = try TokenizerPipeline(contentsOf: Self.folder.appending(path: "\(name).json"))
        try self.init(name, tokenizer)
    }

    init(_ name: String, _ tokenizer: TokenizerPipeline) throws {
        let read = { (name: String) in try Data(contentsOf: Self.folder.appending(path: name)) }
        let record = try JSONDecoder().decode(Record.self, from: read("\(name).ids.json"))
        self.name = name
        self.tokenizer = tokenizer
        texts = try JSONDecoder().decode(Texts.self, from: read("strings.json")).texts
        size = record.size
        ids = try Self.lists(record.ids)
        framed = try Self.lists(record.framed)
        pairs = try Self.lists(record.pairs)
        segments = try Self.lists(record.segments)
        // Only those are written down that are not the text after a prefix.
        decoded = texts.enumerated().map { record.decoded["\($0)"] ?? record.prefix + $1 }
        safe = record.safe
    }

    /// Reads a list a line: numbers of base 36, a run as `number*count`.
    private static func lists(_ text: String) throws -> [[Int32]] {
        try text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            try line.split(separator: " ").flatMap { entry in
                let sides = try entry.split(separator: "*").map { try #require(Int($0, radix: 36)) }
                return Array(repeating: Int32(sides[0]), count: sides.count > 1 ? sides[1] : 1)
            }
        }
    }

    /// Whether two texts are the same scalars; `==` takes decomposed Hangul for composed.
    static func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
}
