/// The 256 printable characters with which byte-level vocabularies spell bytes: a space is `Ġ`.
///
/// Printable Latin-1 stands for itself, the other 68 bytes for U+0100 and on (Radford et al. 2019, code).
enum ByteAlphabet {
    /// The scalar of each byte.
    static let scalars: [UInt32] = {
        var next: UInt32 = 256
        return (0..<256).map { (byte: UInt32) in
            let isPrintable = 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
            if isPrintable { return byte }
            next += 1
            return next - 1
        }
    }()

    /// The byte of each scalar below 324; -1 where there is none.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 324)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
        return bytes
    }()

    /// The spelling of some bytes, as UTF-8.
    static func spell(_ text: some Collection<UInt8>) -> [UInt8] {
        var spelled: [UInt8] = []
        spelled.reserveCapacity(text.count * 2)
        for byte in text {
            let scalar = scalars[Int(byte)]
            if scalar < 0x80 {
                spelled.append(UInt8(scalar))
            } else {
                spelled.append(UInt8(0xC0 | scalar >> 6))
                spelled.append(UInt8(0x80 | scalar & 0x3F))
            }
        }
        return spelled
    }

    /// Appends the bytes that a piece spells; a piece with other characters stands for itself.
    static func append(_ piece: [UInt8], to target: inout [UInt8]) {
        let start = target.count
        var index = 0
        while index < piece.count {
            let (scalar, length) = piece.scalar(at: index)
            guard scalar < UInt32(bytes.count), bytes[Int(scalar)] >= 0 else {
                target.removeLast(target.count - start)
                target.append(contentsOf: piece)
                return
            }
            target.append(UInt8(truncatingIfNeeded: bytes[Int(scalar)]))
            index += length
        }
    }
}
