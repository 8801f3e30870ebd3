internal import CKernels

/// Random numbers that are a function of (seed, stream, place): order and threads do not matter.
///
/// Philox 4x32-10 (Salmon et al. 2011).
public struct CounterRandom: Sendable, RandomNumberGenerator {
    private let key: UInt64
    private let stream: UInt64
    private var place: UInt64 = 0
    private var waiting: UInt64?

    /// The numbers of one stream of a seed; streams are independent of one another.
    public init(seed: UInt64, stream: UInt64 = 0) {
        self.key = seed
        self.stream = stream
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        if let number = waiting {
            waiting = nil
            return number
        }
        var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        withUnsafeMutablePointer(to: &words) { pointer in
            pointer.withMemoryRebound(to: UInt32.self, capacity: 4) { ck_philox($0, key, place, stream) }
        }
        place += 1
        waiting = UInt64(words.2) | UInt64(words.3) << 32
        return UInt64(words.0) | UInt64(words.1) << 32
    }

    /// Uniform in `[0, 1)`, 24 bits.
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Normal with mean 0 and deviation 1 (Box & Muller 1958).
    public mutating func normal() -> Float {
        let radius = (-2 * Double.log(1 - Double(next() >> 11) * 0x1p-53)).squareRoot()
        return Float(radius * Double.cosine(2 * Double.pi * Double(next() >> 11) * 0x1p-53))
    }
}

// Foundation is not imported for two functions.
extension Double {
    fileprivate static func log(_ x: Double) -> Double { ck_log(x) }
    fileprivate static func cosine(_ x: Double) -> Double { ck_cos(x) }
}
