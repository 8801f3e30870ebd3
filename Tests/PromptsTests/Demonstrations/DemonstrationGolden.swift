import Datasets
import Foundation
import Models
import Prompts
import Tensors
import TestSupport
import Tokenizers

/// What Oracles/prompts/demonstrations.py wrote out.
struct DemonstrationGolden: Decodable {
    struct Case: Decodable, CustomStringConvertible {
        let name: String
        let template: String
        let instruction: String?
        let separator: String
        let shots: Int
        let selection: DemonstrationSelection
        let order: DemonstrationOrder
        let seed: UInt64
        let query: String
        let shown: [Int]
        let text: String
        let tokens: [Int32]

        var description: String { name }
        var settings: DemonstrationSettings {
            DemonstrationSettings(
                instruction: instruction, separator: separator, shots: shots, selection: selection,
                order: order,
                seed: seed)
        }
    }

    let pool: [[String: String]]
    let labels: [String]
    let words: [String: String]
    let vectors: [[Float]]
    let query_vector: [Float]
    let cases: [Case]

    static let shared: DemonstrationGolden? = try? read("prompts/demonstrations.json")

    static func read<Value: Decodable>(_ name: String) throws -> Value {
        try JSONDecoder().decode(
            Value.self, from: Data(contentsOf: Golden.folder.appendingPathComponent(name)))
    }

    var examples: [Example] { pool.map { Example(fields: ["text": $0["text"] ?? ""], label: $0["label"]) } }

    /// Gives the golden's vectors; any other text is the query.
    var vectorizer: TableVectorizer {
        TableVectorizer(
            table: Dictionary(
                zip(pool.map { $0["text"] ?? "" }, vectors), uniquingKeysWith: { first, _ in first }),
            other: query_vector)
    }

    /// The tokenizer of the command line's tiny model.
    static func tokenizer() throws -> TokenizerPipeline {
        try TokenizerPipeline(contentsOf: Golden.folder.appendingPathComponent("command_line/model"))
    }
}

/// Vectors by text.
struct TableVectorizer: TextVectorizer {
    var identity = "a table"
    var table: [String: [Float]] = [:]
    var other: [Float] = []

    func vectors(of texts: [String]) -> [[Float]] { texts.map { table[$0] ?? other } }
}
