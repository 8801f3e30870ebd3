internal import Crypto

/// SHA-256 of bytes that come in pieces, as 64 hexadecimal digits.
///
/// The arithmetic is swift-crypto's; this is the form in which manifests write it.
package struct ContentHash: Sendable {
    private var hash = SHA256()

    /// A hash of nothing yet.
    package init() {}

    /// Appends bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { unsafe hash.update(bufferPointer: bytes) }

    /// Appends bytes.
    package mutating func update(_ bytes: [UInt8]) { hash.update(data: bytes) }

    /// The digest of all bytes so far.
    package consuming func digest() -> String {
        hash.finalize().map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}
