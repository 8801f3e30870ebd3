import Foundation
import Testing
import Tokenizers

/// The metadata of a GGUF file, read just well enough for these tests; the real reader is in another room.
struct GGUFMetadata {
    enum Value {
        case integer(Int), real(Float), flag(Bool), text(String), list([Value])
    }

    private let data: Data
    private var offset = 0
    private(set) var values: [String: Value] = [:]

    init(contentsOf file: URL) throws {
        data = try Data(contentsOf: file, options: .alwaysMapped)
        try #require(data.prefix(4) == Data("GGUF".utf8))
        offset = 16
        let count: UInt64 = number()
        for _ in 0..<count {
            let key = text()
            let kind: UInt32 = number()
            values[key] = try value(kind)
        }
    }

    private mutating func number<Number: FixedWidthInteger>() -> Number {
        let size = MemoryLayout<Number>.size
        var result: Number = 0
        for byte in data[offset..<offset + size].reversed() {
            result = result << 8 | Number(truncatingIfNeeded: byte)
        }
        offset += size
        return result
    }

    private mutating func text() -> String {
        let count = Int(number() as UInt64)
        offset += count
        return String(decoding: data[offset - count..<offset], as: UTF8.self)
    }

    private mutating func value(_ kind: UInt32) throws -> Value {
        switch kind {
        case 0: return .integer(Int(number() as UInt8))
        case 1: return .integer(Int(number() as Int8))
        case 2: return .integer(Int(number() as UInt16))
        case 3: return .integer(Int(number() as Int16))
        case 4: return .integer(Int(number() as UInt32))
        case 5: return .integer(Int(number() as Int32))
        case 6: return .real(Float(bitPattern: number()))
        case 7: return .flag((number() as UInt8) != 0)
        case 8: return .text(text())
        case 9:
            let element: UInt32 = number()
            let count: UInt64 = number()
            return .list(try (0..<count).map { _ in try value(element) })
        case 10: return .integer(Int(number() as UInt64))
        case 11: return .integer(Int(number() as Int64))
        default: return .real(Float(Double(bitPattern: try #require(kind == 12 ? number() : nil))))
        }
    }

    private subscript(key: String) -> Value? { values["tokenizer.ggml.\(key)"] }

    private func list(_ key: String) -> [Value] {
        if case .list(let values)? = self[key] { values } else { [] }
    }

    private func texts(_ key: String) -> [String] {
        list(key).compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    private func text(_ key: String) -> String? {
        if case .text(let text)? = self[key] { text } else { nil }
    }

    private func flag(_ key: String) -> Bool? {
        if case .flag(let flag)? = self[key] { flag } else { nil }
    }

    private func id(_ key: String) -> Int32? {
        if case .integer(let id)? = self[key] { Int32(id) } else { nil }
    }

    /// What the tokenizer needs of it.
    func vocabulary() throws -> GGUFVocabulary {
        var roles = SpecialTokens()
        roles.beginning = id("bos_token_id")
        roles.end = id("eos_token_id")
        roles.unknown = id("unknown_token_id")
        roles.padding = id("padding_token_id")
        return GGUFVocabulary(
            model: try #require(text("model")), splitting: text("pre"), pieces: texts("tokens"),
            scores: list("scores").compactMap { if case .real(let score) = $0 { score } else { nil } },
            kinds: list("token_type").compactMap {
                if case .integer(let kind) = $0 { Int32(kind) } else { nil }
            },
            merges: texts("merges"), roles: roles, addsBeginning: flag("add_bos_token"),
            addsEnd: flag("add_eos_token"), addsSpacePrefix: flag("add_space_prefix"))
    }
}
