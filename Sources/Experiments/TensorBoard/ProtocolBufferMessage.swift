/// A message of protocol buffers, written field by field: the three wire types that event files need.
///
/// - Reference: the encoding chapter of protobuf.dev. Nothing is read, no field is repeated in packed form.
package struct ProtocolBufferMessage {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// An `int64` that is not negative.
    package mutating func add(_ field: Int, _ value: Int) {
        tag(field, wire: 0)
        variable(UInt64(value))
    }

    /// A `double`.
    package mutating func add(_ field: Int, _ value: Double) {
        tag(field, wire: 1)
        append(value.bitPattern)
    }

    /// A `float`.
    package mutating func add(_ field: Int, _ value: Float) {
        tag(field, wire: 5)
        append(value.bitPattern)
    }

    /// A `string`.
    package mutating func add(_ field: Int, _ text: String) { add(field, bytes: Array(text.utf8)) }

    /// A message within this one.
    package mutating func add(_ field: Int, _ message: ProtocolBufferMessage) {
        add(field, bytes: message.bytes)
    }

    private mutating func add(_ field: Int, bytes content: [UInt8]) {
        tag(field, wire: 2)
        variable(UInt64(content.count))
        bytes += content
    }

    private mutating func tag(_ field: Int, wire: Int) { variable(UInt64(field << 3 | wire)) }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    private mutating func variable(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func append(_ bits: some FixedWidthInteger & UnsignedInteger) {
        bytes += (0..<bits.bitWidth / 8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
}
