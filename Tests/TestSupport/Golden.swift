package import Foundation
package import Tensors

/// A golden file: what an oracle script computed, read from `Tests/Goldens`.
///
/// All numbers are float32, whole numbers too; a single number has the shape `[1]` (Oracles/common.py).
package struct Golden: Sendable {
    /// What can be wrong with a golden file.
    package enum Fault: Error, CustomStringConvertible {
        case unreadable(String)
        case noTensor(String, in: String)

        package var description: String {
            switch self {
            case .unreadable(let path): "\(path) is not a golden file; run the script of its name in Oracles"
            case .noTensor(let name, let file): "\(file) has no tensor named \(name)"
            }
        }
    }

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    private enum HeaderValue: Decodable {
        case metadata([String: String])
        case entry(Entry)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let entry = try? container.decode(Entry.self) {
                self = .entry(entry)
            } else {
                self = .metadata(try container.decode([String: String].self))
            }
        }
    }

    /// Script, seed and versions, and what the script said about the tensors.
    package let metadata: [String: String]
    private let name: String
    private let entries: [String: Entry]
    private let data: Data

    /// The folder of all goldens.
    package static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Goldens")

    /// Reads `Tests/Goldens/<name>.safetensors`.
    package init(_ name: String) throws {
        let file = Self.folder.appendingPathComponent(name + ".safetensors")
        let bytes = try Data(contentsOf: file)
        guard bytes.count >= 8 else { throw Fault.unreadable(file.path) }
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        guard length > 0, length <= bytes.count - 8 else { throw Fault.unreadable(file.path) }
        let header = try JSONDecoder().decode([String: HeaderValue].self, from: bytes[8..<8 + length])
        var (metadata, entries): ([String: String], [String: Entry]) = ([:], [:])
        for (key, value) in header {
            switch value {
            case .metadata(let values): metadata = values
            case .entry(let entry):
                guard entry.dtype == "F32", entry.data_offsets.count == 2,
                    8 + length + entry.data_offsets[1] <= bytes.count,
                    entry.data_offsets[1] - entry.data_offsets[0] == entry.shape.reduce(4, *)
                else { throw Fault.unreadable(file.path) }
                entries[key] = entry
            }
        }
        (self.name, self.metadata, self.entries) = (name, metadata, entries)
        self.data = bytes[(8 + length)...]
    }

    /// The names of all tensors, sorted.
    package var names: [String] { entries.keys.sorted() }

    /// Whether there is a tensor of a name.
    package func contains(_ name: String) -> Bool { entries[name] != nil }

    /// The elements of a tensor, row by row.
    package func floats(_ name: String) throws -> [Float] {
        let entry = try entry(name)
        let range = data.startIndex + entry.data_offsets[0]..<data.startIndex + entry.data_offsets[1]
        return data.subdata(in: range).withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { index in
                Float(
                    bitPattern: UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
            }
        }
    }

    /// The shape of a tensor.
    package func shape(_ name: String) throws -> Shape { Shape(try entry(name).shape) }

    /// A tensor on a backend.
    package func tensor(_ name: String, on backend: any Backend = CPUBackend.shared) throws -> Tensor {
        Tensor(try floats(name), shape: try shape(name), on: backend)
    }

    /// Whole numbers, such as token ids.
    package func integers(_ name: String) throws -> [Int32] { try floats(name).map { Int32($0) } }

    /// A single number.
    package func number(_ name: String) throws -> Float {
        let values = try floats(name)
        guard values.count == 1 else { throw Fault.unreadable("\(self.name): \(name)") }
        return values[0]
    }

    private func entry(_ name: String) throws -> Entry {
        guard let entry = entries[name] else { throw Fault.noTensor(name, in: self.name) }
        return entry
    }
}
