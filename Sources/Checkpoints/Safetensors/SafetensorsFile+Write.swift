public import Foundation
public import Tensors

extension SafetensorsFile {
    /// Writes tensors to a file that appears whole or not at all.
    ///
    /// The order is the reference writer's: wider elements first, then by name, so that every tensor is
    /// aligned and equal tensors give equal files. The header is padded to eight bytes.
    ///
    /// - Throws: ``CheckpointError`` if a tensor's type or name cannot be stored or the disk refuses; an older
    ///   file of that name is then unchanged.
    public static func write(
        _ tensors: NamedTensors, metadata: [String: String] = [:], to url: URL
    ) throws(CheckpointError) {
        let stored = try ordered(tensors, file: url.path)
        let file = try AtomicFile(replacing: url)
        try file.write(header(stored, metadata: metadata))
        for (_, _, tensor) in stored {
            try unsafe file.write(UnsafeRawBufferPointer(start: tensor.address, count: tensor.byteCount))
        }
        try file.commit()
    }

    private typealias Stored = (name: String, type: SafetensorsType, tensor: Tensor)

    private static func ordered(_ tensors: NamedTensors, file: String) throws(CheckpointError) -> [Stored] {
        var stored: [Stored] = []
        for name in tensors.names {
            guard let tensor = tensors[name] else { continue }
            guard name != SafetensorsHeader.metadataKey else {
                throw CheckpointError(file, .reservedName(name))
            }
            guard let type = SafetensorsType(tensor.elementType) else {
                throw CheckpointError(file, .notStorable(tensor: name, type: tensor.elementType))
            }
            stored.append((name, type, tensor))
        }
        return stored.sorted { ($1.type.bits, $0.name) < ($0.type.bits, $1.name) }
    }

    private static func header(_ stored: [Stored], metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\(quoted(SafetensorsHeader.metadataKey)):{\(texts.joined(separator: ","))}")
        }
        var offset = 0
        for (name, type, tensor) in stored {
            let shape = tensor.shape.lengths.map(String.init).joined(separator: ",")
            let end = offset + tensor.byteCount
            members.append(
                "\(quoted(name)):{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            )
            offset = end
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -json.count & 7))
        return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> ($0 * 8)) } + json
    }

    /// A text as a JSON string.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
