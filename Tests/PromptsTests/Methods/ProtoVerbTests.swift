import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// Prototypes (Oracles/prompts/protoverb.py).
@Suite struct ProtoVerbTests {
    private let golden: Golden
    private let readout: PrototypeReadout

    init() throws {
        golden = try Golden("prompts/protoverb")
        readout = try Self.readout(combinesWords: false)
    }

    private static let (matrix, centres) = ("prototypes.map.weight", "prototypes.centres")

    /// On a model whose hidden states are 32 wide, as the golden's.
    private static func readout(combinesWords: Bool, manual: Tensor? = nil) throws -> PrototypeReadout {
        let tiny = try Tiny.masked()
        let words = try EncodedVerbalizer(
            Verbalizer(["a": ["10"], "b": ["11"], "c": ["12"]]), behind: Template("{text} {answer}"),
            tiny.tokenizer, kind: .masked)
        let model: any LanguageModel =
            manual.map { GivenScores(logits: $0, traits: tiny.model.traits) } ?? tiny.model
        return PrototypeReadout(model, words, combinesWords: combinesWords)
    }

    private func tensor(_ name: String, _ width: Int) throws -> Tensor {
        let values = try golden.floats(name)
        return Tensor(values, shape: [values.count / width, width], on: CPUBackend.shared)
    }

    private func weights(_ prefix: String = "") throws -> NamedTensors {
        NamedTensors([
            Self.matrix: try tensor(prefix + "matrix", 32),
            Self.centres: try tensor(prefix + "prototypes", 64),
        ])
    }

    private var labels: [Int32] { (0..<12).map { Int32($0 / 4) } }

    private func goal(rows: [Int32]? = nil) throws -> PrototypeObjective {
        let states = try tensor("states", 32)
        let places = rows ?? (0..<12).map { $0 }
        return PrototypeObjective(
            readout, states: states.rows(places), labels: places.map { labels[Int($0)] })
    }

    @Test func `both losses, their gradients and five steps are the reference's`() throws {
        let (goal, start) = (try goal(), try weights())
        let tape = Tape()
        let pass = Pass.training(start, on: tape) { _ in true }
        let gradients = tape.gradients(of: goal.loss(WholeBatch.Batch(), pass))
        for (name, key) in [(Self.matrix, "matrix"), (Self.centres, "prototypes")] {
            expectClose(
                try #require(gradients[name]), try golden.floats("gradient.\(key)"), absolute: 1e-5,
                relative: 1e-3,
                key)
        }
        var state = try TrainingState(training: start)
        var losses: [Float] = []
        let settings = TrainingSettings(steps: 5, optimizer: .adamW(AdamW.Settings(decay: 0)), rate: 1e-3)
        _ = try Trainer(goal, settings).run(
            &state, over: NamedTensors(), batches: WholeBatch(),
            observe: { if case .step(let report) = $0 { losses.append(report.loss) } })
        losses.append(goal.loss(WholeBatch.Batch(), .inference(state.weights)).scalar)
        expectClose(losses, try golden.floats("losses"), absolute: 1e-5, relative: 1e-5)
        for (name, key) in [(Self.matrix, "learned.matrix"), (Self.centres, "learned.prototypes")] {
            expectClose(try #require(state.weights[name]), try golden.floats(key), absolute: 1e-4, key)
        }
    }

    @Test func `gradients agree with finite differences, for unequal numbers of rows too`() throws {
        let goal = try goal(rows: [0, 1, 2, 4, 8, 9])
        let start = try weights()
        let leaves = [try #require(start[Self.matrix]), try #require(start[Self.centres])]
        expectGradient(
            of: { leaves in
                goal.loss(
                    WholeBatch.Batch(),
                    .inference(NamedTensors([Self.matrix: leaves[0], Self.centres: leaves[1]])))
            }, at: leaves, step: 1e-2, absolute: 2e-3)
    }

    @Test func `scores alone and together with words are the reference's`() throws {
        let (queries, learned) = (try tensor("queries", 32), try weights("learned."))
        expectClose(
            readout.logProbabilities(queries, [], .inference(learned)), try golden.floats("alone"),
            absolute: 1e-5)
        let both = try Self.readout(combinesWords: true, manual: tensor("manual", 3))
        expectClose(
            both.logProbabilities(queries, [], .inference(learned)), try golden.floats("together"),
            absolute: 1e-4)
    }

    @Test func `with the labels' mean points as prototypes it is the nearest centroid by cosine`() throws {
        var weights = try weights("learned.")
        weights[Self.centres] = try tensor("centroids", 64)
        let found = readout.logProbabilities(try tensor("queries", 32), [], .inference(weights))
        let best = (0..<found.shape.rows).map { row -> Int in
            let own = found.rows(row..<row + 1).floats
            return own.indices.reduce(0) { own[$1] > own[$0] ? $1 : $0 }
        }
        #expect(best == (try golden.integers("nearest").map(Int.init)))
    }

    @Test(arguments: ["bert", "llama"], [Readout.prototypes, .prototypesAndWords])
    func `a prompt of prototypes is saved and read back`(_ name: String, _ readout: Readout) throws {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        var settings = ProtoVerb.Settings()
        settings.readout = readout
        let split = try Tiny.split(perLabel: 4)
        let prompt = try ProtoVerb(settings).fit(
            split, Tiny.task(a: ["20", "21"]), to: tiny, RunContext())
        #expect(prompt.parameterCount == 64 * tiny.model.traits.width + 2 * 64)
        #expect(
            try ProtoVerb(settings).trainedCount(for: Tiny.task(), tiny) == prompt.parameterCount)
        let place = try TemporaryFolder()
        let folder = PromptFolder(place.file("prototypes"))
        try folder.write(prompt)
        let copy = try folder.read(on: tiny.backend)
        try copy.verify(tiny)
        let examples = split.dev.examples
        #expect(
            try Predictor([prompt], tiny).predict(examples, with: prompt.id)
                == Predictor([copy], tiny).predict(examples, with: copy.id))
    }

    @Test func `what it cannot do is said`() throws {
        let tiny = try Tiny.masked()
        var settings = ProtoVerb.Settings()
        settings.readout = .classifier
        #expect(throws: PromptError.self) {
            try ProtoVerb(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        }
        settings.readout = .prototypes
        settings.learning.rate = .rangeTest
        #expect(throws: PromptError.self) {
            try ProtoVerb(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        }
    }
}

/// A model whose scores of the tokens 10, 11 and 12 are given.
private struct GivenScores: LanguageModel {
    let logits: Tensor
    let traits: ModelTraits
    var parameters: [Parameter] { [] }

    func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor { logits }

    func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding {
        Encoding(hidden: logits, keyValues: nil)
    }

    func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor { logits }
}
