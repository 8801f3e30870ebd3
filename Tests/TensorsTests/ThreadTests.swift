import Tensors
import TestSupport
import Testing

@Suite struct ThreadTests {
    /// Work that every kind of kernel takes part in, large enough to be shared out.
    private func work(_ seed: UInt64) -> [Float] {
        var random = RandomTensors(seed: seed)
        let x = random.pattern([130, 64])
        let weight = random.pattern([64, 64], scale: 0.1)
        let norm = random.pattern([64])
        let tape = Tape()
        let watched = tape.watch(x, as: "x")
        let normed = watched.rmsNorm(norm, epsilon: 1e-5)
        let mixed = Tensor.attention(
            AttentionInput(
                queries: normed.matmul(weight), keys: normed, values: normed, lengths: [100, 30], heads: 8,
                keyValueHeads: 8, isCausal: true, scale: 0.3))
        let wide = Tensor.joinRows(Array(repeating: mixed, count: 3)).applying(.gelu)
        let gradients = tape.gradients(of: (wide * wide).sum())
        return wide.floats + (gradients["x"]?.floats ?? [])
    }

    @Test func `tasks that compute at once get the results of one alone`() async {
        let seeds: [UInt64] = [1, 2, 3, 4]
        let alone = seeds.map(work)
        let together = await withTaskGroup(of: (Int, [Float]).self) { group in
            for turn in 0..<24 { group.addTask { (turn % 4, work(seeds[turn % 4])) } }
            return await group.reduce(into: [(Int, [Float])]()) { $0.append($1) }
        }
        #expect(together.count == 24)
        #expect(together.allSatisfy { alone[$0].elementsEqual($1) }, "bit for bit")
    }

    @Test func `results do not depend on how many threads take part`() async {
        let expected = checksum()
        await #expect(processExitsWith: .success) { [expected = expected as [UInt32]] in
            CPUBackend.setThreads(1)
            #expect(checksum() == expected)
            #expect(CPUBackend.threads == 1)
        }
        await #expect(processExitsWith: .success) { [expected = expected as [UInt32]] in
            CPUBackend.setThreads(5)
            #expect(checksum() == expected)
            #expect(CPUBackend.threads == 5)
        }
    }

    @Test func `a kernel leaves the caller's floating-point mode as it was`() {
        #expect(smallest(times: 0.5) != 0, "denormals before")
        let tensor = Tensor(repeating: 1e-30, shape: [100_000], on: CPUBackend.shared)
        #expect((tensor * tensor).floats.allSatisfy { $0 == 0 })
        _ = tensor.reshaped([100, 1_000]).matmul(tensor.reshaped([100, 1_000]))
        _ = Tensor([1], shape: [1], on: CPUBackend.shared).scaled(by: 2)
        #expect(smallest(times: 0.5) != 0, "denormals after")
    }
}

/// The smallest normal number times a factor: a denormal, unless the processor flushes it.
@inline(never) private func smallest(times factor: Float) -> Float { Float.leastNormalMagnitude * factor }

/// Elementwise passes, norms and sums over rows, whose order of addition is fixed; products are left out, for a
/// BLAS library may add in an order that depends on the size of its share.
private func checksum() -> [UInt32] {
    var random = RandomTensors(seed: 9)
    let x = random.pattern([300, 130])
    let row = random.pattern([130])
    let tape = Tape()
    let (watched, weight) = (tape.watch(x, as: "x"), tape.watch(row, as: "row"))
    let loss = watched.rmsNorm(weight, epsilon: 1e-5).applying(.silu).crossEntropy((0..<300).map { $0 % 130 })
    let gradients = tape.gradients(of: loss)
    return (gradients["row"]?.floats ?? []).map(\.bitPattern)
        + (gradients["x"]?.sum().floats ?? []).map(\.bitPattern) + [loss.scalar.bitPattern]
}
