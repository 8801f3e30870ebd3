import Layers
import Models
import Tensors
import TestSupport
import Testing
import Training

/// Every family against transformers, on tiny random models.
@Suite struct FamilyTests {
    @Test(arguments: TinyModel.names)
    func `logits of a packed batch are those of transformers`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let logits = tiny.model.logits(tiny.packed(try tiny.sequences), tiny.pass)
        expectClose(logits, try tiny.golden.floats("logits"), absolute: 1e-4, relative: 1e-4, name)
        let embedded = tiny.model.embed(try tiny.golden.integers("tokens"), tiny.pass)
        let hidden = tiny.model.hidden(tiny.packed(try tiny.sequences), tiny.pass)
        let last = tiny.model.traits.layers
        expectClose(hidden, try tiny.golden.floats("hidden.\(last)"), absolute: 1e-4, relative: 1e-4, name)
        // GPT-2's recorded embeddings hold the positions, which our input does not.
        if tiny.model.traits.family != .gpt2 { expectClose(embedded, try tiny.golden.floats("hidden.0")) }
    }

    @Test(arguments: TinyModel.names)
    func `a packed batch gives each sequence what it gets alone`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let together = tiny.model.logits(tiny.packed(try tiny.sequences), tiny.pass)
        let alone = Tensor.joinRows(try tiny.sequences.map { tiny.model.logits(tiny.input($0), tiny.pass) })
        expectClose(together, alone, absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: TinyModel.names)
    func `reading few rows gives the same scores as reading all`(_ name: String) throws {
        let tiny = try TinyModel(name)
        var input = tiny.packed(try tiny.sequences)
        let all = tiny.model.logits(input, tiny.pass)
        input.readouts = [4, 16, 2, 2]
        expectClose(
            tiny.model.logits(input, tiny.pass), all.rows(input.readouts), absolute: 1e-5, relative: 1e-5,
            name)
        let words: [Int32] = [42, 5, 5, 96]
        let some = tiny.model.logits(input, vocabulary: words, tiny.pass)
        let picked = words.map { word in all.rows(input.readouts).columns(Int(word)..<Int(word) + 1) }
        expectClose(some, Tensor.joinColumns(picked), absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: TinyModel.names)
    func `a text in blocks, read as a chain of pasts, is the text in one piece`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let text = try tiny.sequences[2]
        let whole = tiny.model.logits(tiny.input(text), tiny.pass)
        let first = tiny.model.keyValues(tiny.input(Array(text[..<3])), tiny.pass)
        let second = tiny.model.keyValues(tiny.input(Array(text[3..<4]), pasts: [first]), tiny.pass)
        let rest = tiny.model.logits(tiny.input(Array(text[4...]), pasts: [first, second]), tiny.pass)
        expectClose(rest, whole.rows(4..<text.count), absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: TinyModel.names)
    func `sequences that share blocks read them as their own`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let sequences = try tiny.sequences
        let shared = tiny.model.keyValues(tiny.input(sequences[0]), tiny.pass)
        let other = tiny.model.keyValues(tiny.input(sequences[3], pasts: []), tiny.pass)
        let tails: [[Int32]] = [[7, 8], [9], [10, 11, 12], [13]]
        let batch = ModelInput(
            embeddings: tiny.model.embed(tails.flatMap { $0 }, tiny.pass), lengths: tails.map(\.count),
            pasts: [other, shared], pastsOf: [[1], [1], [], [0]])
        let starts = [sequences[0], sequences[0], [], sequences[3]]
        let alone = zip(starts, tails).map { start, tail in
            let rows = start + tail
            return tiny.model.logits(tiny.input(rows), tiny.pass).rows(rows.count - 1..<rows.count)
        }
        expectClose(
            tiny.model.logits(batch, tiny.pass), Tensor.joinRows(alone), absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: TinyModel.names)
    func `branches of a packed tree read what stands before them`(_ name: String) throws {
        let tiny = try TinyModel(name)
        let text = try tiny.sequences[2]
        let past = tiny.model.keyValues(tiny.input(Array(text[..<2])), tiny.pass)
        let parts: [[Int32]] = [Array(text[2..<5]), [7], [8, 9], [10]]
        let tree = ModelInput(
            embeddings: tiny.model.embed(parts.flatMap { $0 }, tiny.pass), lengths: parts.map(\.count),
            pasts: [past], pastsOf: [[0], [0], [0], [0]], ancestorsOf: [[], [0], [0], [0, 2]])
        let paths = [text[..<5] + [], text[..<5] + [7], text[..<5] + [8, 9], text[..<5] + [8, 9, 10]]
        let alone = paths.map { path in
            tiny.model.logits(tiny.input(Array(path)), tiny.pass).rows(path.count - 1..<path.count)
        }
        expectClose(
            tiny.model.logits(tree, tiny.pass), Tensor.joinRows(alone), absolute: 1e-5, relative: 1e-5, name)
    }

    @Test(arguments: TinyModel.names)
    func `the checkpoint's tensors are all used, and all parameters are declared once`(_ name: String) throws
    {
        let tiny = try TinyModel(name)
        let names = tiny.model.parameters.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(tiny.weights.names == names.sorted())
        #expect(tiny.model.parameters.allSatisfy { tiny.weights[$0.name]?.shape == $0.shape })
    }
}
