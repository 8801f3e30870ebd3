import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

@Suite struct LowerLayersTests {
    /// The methods whose training begins above the first layer, on a model of two layers or more.
    private static func lesson(_ kind: String, _ tiny: PretrainedModel) throws -> Lesson {
        let template = tiny.model.traits.isCausal ? "{text} {answer} 12" : "{text} {answer}"
        let words = tiny.model.traits.isCausal ? ["30 31", "33"] : ["30"]
        let task = try Tiny.task(template, a: ["20"], b: words)
        let last = tiny.model.traits.layers - 1
        switch kind {
        case "deep-prompt":
            var settings = DeepPrompt.Settings()
            (settings.rows, settings.layers, settings.dropout) = (3, [last], 0)
            settings.initialisation = .random
            return try DeepPrompt(settings).lesson(task, tiny).0
        case "top layer":
            var settings = ModelTuning.Settings()
            settings.tuned = .topLayers(1)
            return try ModelTuning(settings).lesson(task, tiny)
        default: return try ModelTuning(.probe).lesson(task, tiny)
        }
    }

    private func expectSame(_ kind: String, _ tiny: PretrainedModel, first: Int) throws {
        let lesson = try Self.lesson(kind, tiny)
        #expect(lesson.firstTrainedLayer == first)
        let items = try lesson.setup.prompts(Tiny.rows(5))
        let weights = tiny.weights.overlaid(by: lesson.start)
        let trained = Set(lesson.start.names)
        func look(_ items: [LabelledPrompt]) throws -> (loss: Float, gradients: NamedTensors) {
            let tape = Tape()
            let loss = try lesson.objective.loss(items, .training(weights, on: tape) { trained.contains($0) })
            return (loss.scalar, tape.gradients(of: loss))
        }
        let plain = try look(items)
        #expect(!plain.gradients.isEmpty)
        for limit in [0, 1 << 20] {
            let read = try LowerLayers(below: first, lesson.objective, weights, limit: limit).reading(items)
            #expect(read.allSatisfy { $0.lower?.layer == first })
            let other = try look(read)
            expectClose([other.loss], [plain.loss], absolute: 1e-5)
            for name in plain.gradients.names {
                expectClose(
                    other.gradients[name]?.floats ?? [], plain.gradients[name]?.floats ?? [], absolute: 1e-5,
                    relative: 1e-4, name)
            }
        }
    }

    @Test(arguments: Tiny.names, ["deep-prompt", "top layer", "linear-probe"])
    func `layers that were walked before give a decoder's loss and gradients`(_ name: String, _ kind: String)
        throws
    {
        let tiny = try Tiny.model(name)
        let layers = tiny.model.traits.layers
        try expectSame(kind, tiny, first: kind == "linear-probe" ? layers : layers - 1)
    }

    @Test(arguments: ["bert", "roberta"], ["deep-prompt", "top layer", "linear-probe"])
    func `layers that were walked before give an encoder's loss and gradients`(_ name: String, _ kind: String)
        throws
    {
        let tiny = try Tiny.masked(name)
        let layers = tiny.model.traits.layers
        try expectSame(kind, tiny, first: kind == "linear-probe" ? layers : layers - 1)
    }

    @Test func `a probe learns the same with layers walked once and at every step`() throws {
        let tiny = try Tiny.model()
        let heads = try [true, false].map { isOnce in
            var settings = ModelTuning.Settings.probe
            (settings.steps, settings.readsInputsOnce) = (20, isOnce)
            return try ModelTuning(settings).fit(Tiny.split(), Tiny.task(), to: tiny, RunContext())
        }
        let names = heads[0].tensors.names
        #expect(names == heads[1].tensors.names && !names.isEmpty)
        for name in names {
            expectClose(
                heads[0].tensors[name]?.floats ?? [], heads[1].tensors[name]?.floats ?? [], absolute: 1e-4)
        }
    }
}
