import Tensors
import Testing

@Suite struct NamedTensorsTests {
    private func tensor(_ value: Float, _ count: Int = 2) -> Tensor {
        Tensor(repeating: value, shape: [count], on: CPUBackend.shared)
    }

    @Test func `overlaid tensors win where both have a name`() {
        let base = NamedTensors(["a": tensor(1), "b": tensor(2)])
        let whole = base.overlaid(by: NamedTensors(["b": tensor(3), "c": tensor(4)]))
        #expect(whole.names == ["a", "b", "c"])
        #expect(["a", "b", "c"].map { whole[$0]?.floats.first } == [1, 3, 4])
        #expect(base["b"]?.floats == [2, 2], "the base is untouched")
    }

    @Test func `names are sorted and can be removed`() {
        var named = NamedTensors(["z": tensor(1), "a": tensor(1), "m": tensor(1)])
        #expect(named.names == ["a", "m", "z"])
        named["m"] = nil
        #expect(named.names == ["a", "z"] && named.count == 2 && !named.isEmpty)
        #expect(named["m"] == nil)
        #expect(NamedTensors().isEmpty)
    }

    @Test func `parameters and bytes are counted as stored`() {
        let bytes = [UInt8](repeating: 0, count: 68)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 68, alignment: 64)
        memory.copyMemory(from: bytes, byteCount: 68)
        let buffer = Buffer(address: memory, byteCount: 68, backend: CPUBackend.shared) { $0.deallocate() }
        let named = NamedTensors([
            "plain": tensor(1, 10), "stored": Tensor(shape: [2, 32], elementType: .q8_0, buffer: buffer),
        ])
        #expect(named.parameterCount == 74)
        #expect(named.byteCount == 40 + 68)
    }

    @Test func `filter and mapValues keep the names`() {
        let named = NamedTensors(["a.x": tensor(1), "a.y": tensor(2), "b": tensor(3)])
        #expect(named.filter { $0.hasPrefix("a.") }.names == ["a.x", "a.y"])
        let doubled = named.mapValues { $0.scaled(by: 2) }
        #expect(doubled.names == named.names && doubled["b"]?.floats == [6, 6])
    }
}

@Suite struct ShapeTests {
    @Test func `a shape counts rows of its width`() {
        let shape: Shape = [2, 3, 4]
        #expect((shape.count, shape.rows, shape.width, shape.rank) == (24, 6, 4, 3))
        #expect(shape[1] == 3 && shape.description == "[2, 3, 4]")
        let scalar: Shape = []
        #expect((scalar.count, scalar.rows, scalar.width, scalar.rank) == (1, 1, 1, 0))
        let empty: Shape = [0, 7]
        #expect((empty.count, empty.rows, empty.width) == (0, 0, 7))
    }

    @Test(arguments: ElementType.allCases)
    func `blocks take the bytes of their layout`(_ type: ElementType) {
        #expect(type.bytes(for: 0) == 0)
        #expect(type.bytes(for: 512) == 512 / type.blockLength * type.blockBytes)
        #expect(type.blockLength == 1 || type.bytes(for: type.blockLength + 1) == nil)
        #expect(type.blockLength > 1 || type.bytes(for: .max) == nil, "no overflow")
    }

    @Test func `elements that do not fill a shape are refused`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor([1, 2, 3], shape: [2, 2], on: CPUBackend.shared)
        }
    }

    @Test func `unequal shapes are refused by name`() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let a = Tensor([1, 2], shape: [2], on: CPUBackend.shared)
            _ = a + Tensor([1, 2], shape: [1, 2], on: CPUBackend.shared)
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("+: [2] and [1, 2]"), "\(message)")
    }

    @Test func `indices that leave a table are refused`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor([1, 2], shape: [2, 1], on: CPUBackend.shared).rows([2])
        }
        await #expect(processExitsWith: .failure) {
            _ = Tensor([1, 2], shape: [2, 1], on: CPUBackend.shared).rows([-1])
        }
        await #expect(processExitsWith: .failure) {
            _ = Tensor([1, 2], shape: [2, 1], on: CPUBackend.shared).picking([0, 1])
        }
    }
}
