/// Writes the bytes of a GGUF file piece by piece, so that each piece can be wrong.
struct GGUFBuilder {
    var magic = Array("GGUF".utf8)
    var version: UInt32 = 3
    var tensorCount: UInt64?
    var valueCount: UInt64?
    private var values: [[UInt8]] = []
    private var tensors: [[UInt8]] = []
    /// Zeros after the head, from the next multiple of `alignment` on.
    var data = 0
    var alignment = 32

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func text(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

    /// A metadata value of a type's number and its bytes.
    mutating func value(_ key: String, _ type: UInt32, _ bytes: [UInt8]) {
        values.append(Self.text(key) + Self.bytes(type) + bytes)
    }

    /// A line of the tensor table; `shape` is in the file's order, innermost axis first.
    mutating func tensor(_ name: String, _ shape: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) {
        tensors.append(
            Self.text(name) + Self.bytes(UInt32(shape.count)) + shape.flatMap(Self.bytes) + Self.bytes(type)
                + Self.bytes(offset))
    }

    var bytes: [UInt8] {
        var result = magic + Self.bytes(version)
        result +=
            Self.bytes(tensorCount ?? UInt64(tensors.count)) + Self.bytes(valueCount ?? UInt64(values.count))
        result += (values + tensors).joined()
        let padding = (alignment - result.count % alignment) % alignment
        return data == 0 ? result : result + [UInt8](repeating: 0, count: padding + data)
    }
}
