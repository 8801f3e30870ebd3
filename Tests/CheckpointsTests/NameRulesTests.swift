import Checkpoints
import Foundation
import Tensors
import Testing

/// Tensors in memory as a checkpoint, by way of the format itself.
private func checkpoint(_ tensors: [String: Tensor]) throws -> SafetensorsFile {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("x.safetensors")
    try SafetensorsFile.write(NamedTensors(tensors), to: url)
    return try SafetensorsFile(contentsOf: url)
}

@Suite struct NameRulesTests {
    private let backend = CPUBackend.shared

    private func ramp(_ shape: Shape) -> Tensor {
        Tensor((0..<shape.count).map(Float.init), shape: shape, on: backend)
    }

    @Test func `stars stand for one part of a name and double stars for any text`() {
        let rules = NameRules([
            .rename("model.layers.*.attention.*.weight", to: "blk.*.attn_*.weight"),
            .rename("head.**", to: "output.**"),
            .fallback("head.weight", to: "embedding.weight"), .optionalPrefix("base."),
        ])
        #expect(rules.candidates(for: "model.layers.12.attention.q.weight").first == "blk.12.attn_q.weight")
        #expect(rules.candidates(for: "model.layers.1.2.attention.q.weight").first != "blk.1.2.attn_q.weight")
        #expect(
            rules.candidates(for: "head.weight") == [
                "output.weight", "base.output.weight", "head.weight", "base.head.weight", "embedding.weight",
                "base.embedding.weight",
            ])
        #expect(rules.candidates(for: "norm") == ["norm", "base.norm"])
    }

    @Test func `all misfits are reported at once`() throws {
        let checkpoint = try checkpoint(["a": ramp([2, 3]), "b": ramp([4]), "c": ramp([4]), "d": ramp([1])])
        let rules = NameRules([.rename("x", to: "y"), .change("c", .transpose), .ignore("d")])
        let wanted: [(name: String, shape: Shape)] = [("a", [3, 2]), ("x", [1]), ("z", [1]), ("c", [4])]
        #expect(
            problem {
                _ = try rules.load(wanted, from: checkpoint, on: backend, refusingUnexpected: true)
            }
                == .doesNotFit([
                    .misshaped(name: "a", source: "a", expected: [3, 2], found: [2, 3]),
                    .missing(name: "x", tried: ["y", "x"]), .missing(name: "z", tried: ["z"]),
                    .unchangeable(name: "c", source: "c", reason: "[4] has no rows and columns"),
                    .unexpected("b"),
                ]))
    }

    @Test func `a tied head reads the embedding`() throws {
        let checkpoint = try checkpoint(["embedding": ramp([4, 2])])
        let rules = NameRules([.fallback("head", to: "embedding")])
        let loaded = try rules.load(
            [("embedding", [4, 2]), ("head", [4, 2])], from: checkpoint, on: backend)
        #expect(loaded["head"]?.address == loaded["embedding"]?.address)
    }

    @Test func `a fused projection stored transposed is taken apart`() throws {
        // Two inputs, six outputs: queries, keys and values of width two.
        let checkpoint = try checkpoint(["c_attn": ramp([2, 6])])
        let rules = NameRules(
            ["q", "k", "v"].enumerated().flatMap { index, name -> [NameRules.Rule] in
                [
                    .rename(name, to: "c_attn"), .change(name, .transpose),
                    .change(name, .rows(index * 2..<index * 2 + 2)),
                ]
            })
        let loaded = try rules.load(
            [("q", [2, 2]), ("k", [2, 2]), ("v", [2, 2])], from: checkpoint, on: backend,
            refusingUnexpected: true)
        #expect(loaded["q"]?.floats == [0, 6, 1, 7])
        #expect(loaded["k"]?.floats == [2, 8, 3, 9])
        #expect(loaded["v"]?.floats == [4, 10, 5, 11])
    }

    @Test func `interleaved rows of each head become halves`() throws {
        // Two heads of four rows; llama.cpp stores rows 0, 2, 1, 3 of each.
        let checkpoint = try checkpoint(["q": ramp([8, 1]), "bias": ramp([8])])
        let rules = NameRules([.change("*", .unpermuteRows(heads: 2))])
        let loaded = try rules.load([("q", [8, 1]), ("bias", [8])], from: checkpoint, on: backend)
        #expect(loaded["q"]?.floats == [0, 2, 1, 3, 4, 6, 5, 7])
        #expect(loaded["bias"]?.floats == [0, 2, 1, 3, 4, 6, 5, 7])
    }

    @Test(arguments: ["q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k", "bf16"])
    func `rows of block types move whole`(name: String) throws {
        let file = try GGUFFile(contentsOf: golden("small.gguf"))
        let stored = try file.tensor(name, on: backend)
        let row = try NameRules([.change(name, .rows(1..<2))])
            .load([(name, [1, 512])], from: file, on: backend)[name]
        #expect(row?.elementType == stored.elementType)
        #expect(row?.floats == Array(stored.floats[512...]))
        let same = try NameRules([.change(name, .unpermuteRows(heads: 1))])
            .load([(name, [2, 512])], from: file, on: backend)[name]
        #expect(same?.elementType == stored.elementType)
        #expect(same?.floats == stored.floats)
    }

    @Test func `a constant is added and vectors become float32`() throws {
        let file = try SafetensorsFile(contentsOf: golden("small.safetensors"))
        let stored = try file.tensor("layers.0.bias", on: backend).floats
        let rules = NameRules([.rename("norm", to: "layers.0.bias"), .change("norm", .add(-1))])
        let loaded = try rules.load([("norm", [5]), ("layers.0.bias", [5])], from: file, on: backend)
        #expect(loaded["norm"]?.floats == stored.map { $0 - 1 })
        #expect(loaded["layers.0.bias"]?.elementType == .float32)
    }

    @Test func `a type that is no weight is refused by name`() throws {
        let file = try GGUFFile(contentsOf: golden("small.gguf"))
        guard
            case .unsupportedType("iq2_xxs", "IQ2_XXS", _) = problem({
                _ = try NameRules().load([("iq2_xxs", [2, 512])], from: file, on: backend)
            })
        else { Issue.record("IQ2_XXS was loaded"); return }
    }

    @Test func `the error's sentence is bounded`() throws {
        let wanted = (0..<100).map { (name: "layers.\($0).weight", shape: [1] as Shape) }
        let file = try checkpoint([:])
        let error = #expect(throws: CheckpointError.self) {
            try NameRules().load(wanted, from: file, on: backend)
        }
        #expect(
            error?.description.contains("does not fit the model in 100 places: layers.0.weight is missing; ")
                == true)
        #expect(error?.description.hasSuffix("; and 88 more") == true)
    }
}
