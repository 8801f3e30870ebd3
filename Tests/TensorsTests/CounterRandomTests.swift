import CKernels
import Tensors
import Testing

@Suite struct CounterRandomTests {
    // Salmon et al. 2011, the known answers that came with Random123.
    @Test(
        arguments: [
            ([UInt64](repeating: 0, count: 3), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([UInt64](repeating: .max, count: 3), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x299f_31d0_a409_3822, 0x85a3_08d3_243f_6a88, 0x0370_7344_1319_8a2e],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ] as [([UInt64], [UInt32])])
    func `Philox gives its published answers`(_ input: [UInt64], _ expected: [UInt32]) {
        var words = [UInt32](repeating: 0, count: 4)
        ck_philox(&words, input[0], input[1], input[2])
        #expect(words == expected)
    }

    @Test func `a stream starts with the words of its first counter`() {
        var random = CounterRandom(seed: 0)
        #expect(random.next() == 0xe169_c58d_6627_e8d5)
        #expect(random.next() == 0x9b00_dbd8_bc57_ac4c)
    }

    @Test func `seeds and streams are different numbers, and the same again`() {
        func first(_ seed: UInt64, _ stream: UInt64) -> [UInt64] {
            var random = CounterRandom(seed: seed, stream: stream)
            return (0..<8).map { _ in random.next() }
        }
        let all = [first(1, 0), first(2, 0), first(1, 1), first(2, 1)]
        #expect(Set(all.flatMap { $0 }).count == 32)
        #expect(first(1, 1) == all[2])
    }

    @Test func `uniform numbers fill their range evenly`() {
        var random = CounterRandom(seed: 5)
        let numbers = (0..<20_000).map { _ in Double(random.uniform()) }
        #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
        let (mean, deviation) = moments(numbers)
        // Four standard errors of 20,000 numbers.
        #expect(abs(mean - 0.5) < 4 * 0.2887 / 141.4)
        #expect(abs(deviation - 0.2887) < 0.005)
        for tenth in 0..<10 {
            let count = numbers.count { Int($0 * 10) == tenth }
            #expect(abs(count - 2_000) < 4 * 43, "tenth \(tenth)")
        }
    }

    @Test func `normal numbers have the normal's moments and tails`() {
        var random = CounterRandom(seed: 6)
        let numbers = (0..<20_000).map { _ in Double(random.normal()) }
        let (mean, deviation) = moments(numbers)
        #expect(abs(mean) < 4 / 141.4)
        #expect(abs(deviation - 1) < 0.02)
        let skew = numbers.reduce(0) { $0 + $1 * $1 * $1 } / 20_000
        let kurtosis = numbers.reduce(0) { $0 + $1 * $1 * $1 * $1 } / 20_000
        #expect(abs(skew) < 0.11)
        #expect(abs(kurtosis - 3) < 0.28)
        let beyondTwo = Double(numbers.count { abs($0) > 2 }) / 20_000
        #expect(abs(beyondTwo - 0.0455) < 0.006)
        let neighbours = zip(numbers, numbers.dropFirst()).reduce(0.0) { $0 + $1.0 * $1.1 } / 20_000
        #expect(abs(neighbours) < 4 / 141.4)
    }

    private func moments(_ numbers: [Double]) -> (mean: Double, deviation: Double) {
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
        return (mean, variance.squareRoot())
    }
}
