import Tensors
import TestSupport
import Testing

@Suite struct MemoryPoolTests {
    /// A training step in small: forward, backward, update.
    private func step(
        _ weight: Tensor, _ moments: (first: Tensor, second: Tensor), _ x: Tensor, _ number: Int
    )
        -> (weight: Tensor, first: Tensor, second: Tensor)
    {
        let tape = Tape()
        let watched = tape.watch(weight, as: "weight")
        let loss = x.matmul(watched).applying(.gelu).matmul(watched).crossEntropy([1, 2, 3])
        guard let gradient = tape.gradients(of: loss)["weight"] else {
            return (weight, moments.first, moments.second)
        }
        return weight.backend.adamW(
            weight: weight, moments: moments, gradient: gradient, AdamWStep(rate: 0.01, step: number))
    }

    @Test func `a repeated step allocates nothing new`() {
        let backend = CPUBackend()
        var random = RandomTensors(seed: 1, on: backend)
        let x = random.normal([3, 64])
        var (weight, first, second) = (random.normal([64, 64]), Tensor([], shape: [0], on: backend), x)
        first = weight.scaled(by: 0)
        second = first
        var peaks: [Int] = []
        var inUse: [Int] = []
        for number in 1...5 {
            (weight, first, second) = step(weight, (first, second), x, number)
            peaks.append(backend.memory.peak)
            inUse.append(backend.memory.inUse)
        }
        // The second moment starts as the first: from the second step on there are two.
        #expect(Set(peaks.dropFirst()).count == 1, "\(peaks)")
        #expect(Set(inUse.dropFirst()).count == 1, "\(inUse)")
    }

    @Test func `memory comes back and is handed out again`() {
        let backend = CPUBackend()
        let address: UnsafeMutableRawPointer
        do {
            let tensor = Tensor(repeating: 1, shape: [1_000], on: backend)
            address = tensor.address
            #expect(backend.memory.inUse >= 4_000 && backend.memory.inUse <= 4_000 * 9 / 8)
            let shared = tensor.reshaped([10, 100])
            #expect(shared.address == address)
        }
        #expect(backend.memory.inUse == 0)
        let again = Tensor(repeating: 2, shape: [990], on: backend)
        #expect(again.address == address, "a size a little smaller takes the same memory")
        let other = Tensor(repeating: 3, shape: [990], on: backend)
        #expect(other.address != address)
        #expect(again.floats.allSatisfy { $0 == 2 })
    }

    @Test func `trimming forgets the peak and keeps what is in use`() {
        let backend = CPUBackend()
        let kept = Tensor(repeating: 1, shape: [100], on: backend)
        _ = Tensor(repeating: 1, shape: [100_000], on: backend)
        #expect(backend.memory.peak > 400_000)
        backend.trim()
        #expect(backend.memory.peak == backend.memory.inUse)
        #expect(backend.memory.inUse < 1_000)
        #expect(kept.floats == [Float](repeating: 1, count: 100))
    }

    @Test func `buffers are aligned and hold what was asked for`() {
        let backend = CPUBackend()
        for count in [0, 1, 15, 16, 17, 1_000, 1_025, 65_537] {
            let tensor = Tensor(repeating: 0, shape: [count], on: backend)
            #expect(UInt(bitPattern: tensor.address) % 64 == 0)
            #expect(tensor.buffer.byteCount >= count * 4)
        }
    }
}
