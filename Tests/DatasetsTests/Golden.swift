import Foundation

/// The goldens of this room, read where the source stands.
enum Golden {
    static func read<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
        try JSONDecoder().decode(
            type, from: Data(contentsOf: root.appending(path: "Tests/Goldens/datasets/\(name)")))
    }

    /// The package's folder.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}

struct MetricGoldens: Decodable {
    let classification: [Classification]
    let squad: [Squad]
    let entities: Entities
    let calibration: Calibration
    let intervals: Intervals
    let multirc: MultiRC
    let generation: Generation
    let splits: Splits

    struct Classification: Decodable {
        let labels, expected, predicted: [String]
        let accuracy, macro_f1, matthews: Double
        let f1_by_label: [Double]
        let confusion: [[Int]]
        let bootstrap: Bootstrap
    }
    struct Bootstrap: Decodable {
        let seed: UInt64
        let resamples: Int
        let accuracy, macro_f1, difference_interval: [Double]
        let other: [String]
        let difference, probability: Double
    }
    struct Squad: Decodable {
        let predicted: String
        let expected, words: [String]
        let exact_match, f1: Double
    }
    struct Entities: Decodable {
        struct Row: Decodable { let expected, predicted: [String] }
        struct Span: Decodable {
            let kind: String
            let start, end: Int
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                kind = try list.decode(String.self)
                start = try list.decode(Int.self)
                end = try list.decode(Int.self)
            }
        }
        let rows: [Row]
        let f1: Double
        let spans: [[Span]]
    }
    struct Calibration: Decodable {
        let confidences: [Double]
        let right: [Bool]
        let error: [String: Double]
    }
    struct Intervals: Decodable {
        struct Wilson: Decodable { let right, count: Int; let low, high: Double }
        struct McNemar: Decodable { let only_first, only_second: Int; let probability: Double }
        let wilson: [Wilson]
        let mcnemar: [McNemar]
    }
    struct MultiRC: Decodable {
        let groups, expected, predicted: [String]
        let group_exact_match, f1a: Double
    }
    struct Generation: Decodable {
        struct Row: Decodable { let predicted: String; let references: [String] }
        let rows: [Row]
        let bleu, nist, rouge_l, cider_d, chrf, chrf_one_reference: Double
    }
    struct Splits: Decodable {
        struct Case: Decodable { let per_label: Int; let seed: String; let train, dev: [Int] }
        let labels, rows, random: [String]
        let cases: [Case]
    }
}

struct RowGoldens: Decodable {
    struct Table: Decodable { let csv: String; let rows: [[String]] }
    struct Tabs: Decodable { let tsv: String; let rows: [[String]] }
    struct Lines: Decodable { let texts, lines: [String] }
    let csv: [Table]
    let tsv: Tabs
    let jsonl: Lines
}

/// Whether two numbers agree to twelve digits, but for tiny ones.
func agree(_ first: Double, _ second: Double, tolerance: Double = 1e-12) -> Bool {
    abs(first - second) <= tolerance * max(1, abs(second))
}
