/// The hash SHA-256 (FIPS 180-4), fed in pieces.
///
/// Our own because the package for it costs every clean build more than two minutes of BoringSSL; it guards
/// against mixed-up files, and no secret ever passes through it.
package struct SHA256: Sendable {
    private var state = Self.initial
    private var block: [UInt8] = []
    private var byteCount: UInt64 = 0

    private static let blockBytes = 64

    /// A hash of nothing yet.
    package init() { block.reserveCapacity(Self.blockBytes) }

    /// Appends bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        byteCount += UInt64(bytes.count)
        var taken = 0
        if !block.isEmpty {
            taken = min(bytes.count, Self.blockBytes - block.count)
            unsafe block.append(contentsOf: bytes[..<taken])
            guard block.count == Self.blockBytes else { return }
            let full = block
            unsafe full.withUnsafeBytes { unsafe compress($0) }
            block.removeAll(keepingCapacity: true)
        }
        let blocks = (bytes.count - taken) / Self.blockBytes
        let whole = taken..<taken + blocks * Self.blockBytes
        unsafe compress(UnsafeRawBufferPointer(rebasing: bytes[whole]))
        taken = whole.upperBound
        unsafe block.append(contentsOf: bytes[taken...])
    }

    /// Appends bytes.
    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// The hash of all bytes so far, as 64 hexadecimal digits.
    package consuming func digest() -> String {
        let bits = byteCount * 8
        let zeros = (119 - Int(byteCount % 64)) % 64
        update([0x80] + [UInt8](repeating: 0, count: zeros))
        update((0..<8).reversed().map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) })
        return state.indices.map { index in
            let digits = String(state[index], radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// Whole blocks of 64 bytes (FIPS 180-4, §6.2.2).
    ///
    /// The schedule and the constants are read through pointers: with checked arrays it is three times slower,
    /// and a model is hundreds of megabytes.
    private mutating func compress(_ bytes: UnsafeRawBufferPointer) {
        var sums = state
        unsafe Self.constants.withUnsafeBufferPointer { constants in
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
                for start in stride(from: 0, to: bytes.count, by: Self.blockBytes) {
                    unsafe Self.fill(schedule, from: bytes, at: start)
                    unsafe Self.mix(&sums, schedule, constants)
                }
            }
        }
        state = sums
    }

    @inline(__always)
    private static func fill(
        _ schedule: UnsafeMutableBufferPointer<UInt32>, from bytes: UnsafeRawBufferPointer, at start: Int
    ) {
        for index in 0..<16 {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: start + index * 4, as: UInt32.self)
            unsafe schedule[index] = UInt32(bigEndian: word)
        }
        for index in 16..<64 {
            let (early, late) = unsafe (schedule[index - 15], schedule[index - 2])
            let small0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >> 3)
            let small1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >> 10)
            unsafe schedule[index] = schedule[index - 16] &+ small0 &+ schedule[index - 7] &+ small1
        }
    }

    @inline(__always)
    private static func mix(
        _ sums: inout SIMD8<UInt32>, _ schedule: UnsafeMutableBufferPointer<UInt32>,
        _ constants: UnsafeBufferPointer<UInt32>
    ) {
        var (a, b, c, d) = (sums[0], sums[1], sums[2], sums[3])
        var (e, f, g, h) = (sums[4], sums[5], sums[6], sums[7])
        // Eight rounds a turn, each with its names one further, so that nothing has to be moved.
        for index in stride(from: 0, to: 64, by: 8) {
            unsafe round(a, b, c, &d, e, f, g, &h, schedule[index] &+ constants[index])
            unsafe round(h, a, b, &c, d, e, f, &g, schedule[index + 1] &+ constants[index + 1])
            unsafe round(g, h, a, &b, c, d, e, &f, schedule[index + 2] &+ constants[index + 2])
            unsafe round(f, g, h, &a, b, c, d, &e, schedule[index + 3] &+ constants[index + 3])
            unsafe round(e, f, g, &h, a, b, c, &d, schedule[index + 4] &+ constants[index + 4])
            unsafe round(d, e, f, &g, h, a, b, &c, schedule[index + 5] &+ constants[index + 5])
            unsafe round(c, d, e, &f, g, h, a, &b, schedule[index + 6] &+ constants[index + 6])
            unsafe round(b, c, d, &e, f, g, h, &a, schedule[index + 7] &+ constants[index + 7])
        }
        sums &+= SIMD8(a, b, c, d, e, f, g, h)
    }

    /// One round: `d` and `h` become the next round's `e` and `a`.
    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
        _ h: inout UInt32, _ input: UInt32
    ) {
        let big1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
        let choice = (e & f) ^ (~e & g)
        let first = h &+ big1 &+ choice &+ input
        let big0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
        let majority = (a & b) ^ (a & c) ^ (b & c)
        d &+= first
        h = first &+ big0 &+ majority
    }

    @inline(__always)
    private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word >> count | word << (32 - count)
    }

    /// The first 32 bits of the fractional parts of the square roots of the first 8 primes.
    private static let initial = SIMD8<UInt32>(primes.prefix(8).map { fraction(Double($0).squareRoot()) })

    /// The same of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = primes.map { fraction(cubeRoot(Double($0))) }

    private static let primes: [Int] = (2...311).filter { number in
        (2..<number).allSatisfy { number % $0 != 0 }
    }

    /// Newton's method; a `Double` holds the 32 bits and the 3 before the point with room to spare.
    private static func cubeRoot(_ value: Double) -> Double {
        var root = value / 2
        for _ in 0..<60 { root -= (root * root * root - value) / (3 * root * root) }
        return root
    }

    private static func fraction(_ value: Double) -> UInt32 {
        UInt32((value - value.rounded(.down)) * 4_294_967_296)
    }
}
