import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Texts, pasts, trees and prefixes that are several times as long as the window of four.
@Suite struct WindowTests {
    private static let names = ["gemma3", "mistral"]

    private func text(_ count: Int, seed: UInt64 = 7) -> [Int32] {
        var random = CounterRandom(seed: seed)
        return (0..<count).map { _ in Int32(random.next() % 90) + 3 }
    }

    @Test(arguments: names)
    func `a chain of pasts longer than the window is the text in one piece`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let text = text(40)
        let whole = tiny.model.logits(tiny.input(text), tiny.pass)
        var pasts: [KeyValues] = []
        for part in [0..<13, 13..<15, 15..<16, 16..<25] {
            pasts.append(tiny.model.keyValues(tiny.input(Array(text[part]), pasts: pasts), tiny.pass))
        }
        let rest = tiny.model.logits(tiny.input(Array(text[25...]), pasts: pasts), tiny.pass)
        expectClose(rest, whole.rows(25..<40), absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: names)
    func `branches of a tree look through the window at all that stands before them`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let shared = text(13)
        let past = tiny.model.keyValues(tiny.input(shared), tiny.pass)
        let parts = [text(9, seed: 1), text(6, seed: 2), [7], text(5, seed: 3), [11]]
        let ancestors = [[], [0], [0], [0, 1], [0, 1, 3]]
        let tree = ModelInput(
            embeddings: tiny.model.embed(parts.flatMap { $0 }, tiny.pass), lengths: parts.map(\.count),
            pasts: [past], pastsOf: parts.map { _ in [0] }, ancestorsOf: ancestors)
        let alone = parts.indices.map { index in
            let path = shared + ancestors[index].flatMap { parts[$0] } + parts[index]
            return tiny.model.logits(tiny.input(path), tiny.pass).rows(path.count - 1..<path.count)
        }
        expectClose(
            tiny.model.logits(tree, tiny.pass), Tensor.joinRows(alone), absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: names)
    func `a prefix longer than the window may come in blocks`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let traits = tiny.model.traits
        var random = CounterRandom(seed: 9)
        func rows() -> Tensor {
            let values = (0..<9 * traits.keyValueWidth).map { _ in Float(random.next() % 2001) / 1000 - 1 }
            return Tensor(values, shape: [9, traits.keyValueWidth], on: CPUBackend.shared)
        }
        let prefix = KeyValues(layers: (0..<traits.layers).map { _ in (rows(), rows()) })
        let whole = tiny.model.logits(tiny.input(text(8), pasts: [prefix]), tiny.pass)
        let blocks = [prefix.rows(0..<2), prefix.rows(2..<8), prefix.rows(8..<9)]
        let inBlocks = tiny.model.logits(tiny.input(text(8), pasts: blocks), tiny.pass)
        expectClose(inBlocks, whole, absolute: 1e-5, relative: 1e-5, name)
    }

    @Test func `what lies beyond every window is seen by the layers that see all, and by no others`() throws {
        var other = text(20)
        other[0] = other[0] == 5 ? 6 : 5
        func change(_ name: String) throws -> Float {
            let tiny = try TinyModel(name)
            let (one, two) = (
                tiny.model.logits(tiny.input(text(20)), tiny.pass).rows(19..<20).floats,
                tiny.model.logits(tiny.input(other), tiny.pass).rows(19..<20).floats
            )
            return zip(one, two).map { abs($0 - $1) }.max() ?? 0
        }
        #expect(try change("mistral") == 0)
        #expect(try change("gemma3") > 1e-3)
    }
}
