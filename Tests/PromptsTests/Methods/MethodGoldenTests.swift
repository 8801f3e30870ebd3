import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

/// Every trained method beside PyTorch (Oracles/prompts/methods.py): first gradients, ten steps, last weights.
@Suite struct MethodGoldenTests {
    private let tiny: PretrainedModel
    private let golden: Golden
    private let more: Golden

    init() throws {
        tiny = try Tiny.model()
        (golden, more) = (try Golden("prompts/methods"), try Golden("prompts/methods_more"))
    }

    /// The golden's rows as prompts of "{soft}{text} {answer}", its labels as words.
    private func batch(_ setup: PromptSetup) throws -> [LabelledPrompt] {
        let (tokens, targets) = (try golden.integers("tokens"), try golden.integers("targets"))
        var start = 0
        return try zip(try golden.integers("lengths"), targets).map { length, target in
            defer { start += Int(length) }
            let text = tokens[start..<start + Int(length)].map(String.init).joined(separator: " ")
            return LabelledPrompt(
                prompt: try setup.encoder.encode(Example(fields: ["text": text])), label: target)
        }
    }

    private func task(_ template: String = "{text} {answer}") throws -> PromptTask {
        let words = try golden.integers("labels").map { Verbalizer.Entry(label: "\($0)", words: ["\($0)"]) }
        return try PromptTask(name: "golden", template: Template(template), verbalizer: Verbalizer(words))
    }

    private func tensors(_ part: String, like start: NamedTensors) throws -> NamedTensors {
        try start.names.reduce(into: NamedTensors()) {
            $0[$1] = try holding(part).tensor("\(part).\($1)").reshaped(start[$1]?.shape ?? [])
        }
    }

    /// The file that has a part.
    private func holding(_ part: String) -> Golden {
        golden.names.contains { $0.hasPrefix(part + ".") } ? golden : more
    }

    /// Trains the objective from the golden's start, and compares all that the golden holds.
    ///
    /// - Parameter apart: weights at a tenth of the rate, with decay 0.05.
    private func check(
        _ name: String, _ lesson: Lesson, from start: NamedTensors, apart: Set<String> = []
    ) throws {
        let (golden, batch) = (holding(name), try batch(lesson.setup))
        let frozen = tiny.weights.overlaid(by: lesson.constants)
        let tape = Tape()
        let trained = Set(start.names)
        let pass = Pass.training(frozen.overlaid(by: start), on: tape, where: trained.contains)
        let gradients = tape.gradients(of: try lesson.objective.loss(batch, pass))
        #expect(gradients.names == start.names)
        for key in start.names {
            let gradient = try #require(gradients[key])
            let norm = Float(gradient.backend.sumOfSquares(gradient).squareRoot())
            expectClose([norm], try golden.floats("\(name).norm.\(key)"), absolute: 1e-4, relative: 1e-3, key)
            guard golden.contains("\(name).gradient.\(key)") else { continue }
            expectClose(
                gradient, try golden.floats("\(name).gradient.\(key)"), absolute: 1e-4, relative: 1e-3, key)
        }
        var state = try TrainingState(training: start)
        var losses: [Float] = []
        var settings = TrainingSettings(steps: 10, rate: 1e-2, schedule: .linear(total: 10))
        if !apart.isEmpty {
            settings.groups = [
                ParameterGroup(
                    names: apart, rateShare: 0.1, optimizer: .adamW(AdamW.Settings(decay: 0.05)))
            ]
        }
        _ = try Trainer(lesson.objective, settings, mayStartFlat: lesson.mayStartFlat).run(
            &state, over: frozen, batches: Same(batch: batch),
            observe: { if case .step(let report) = $0 { losses.append(report.loss) } })
        losses.append(try lesson.objective.loss(batch, .inference(frozen.overlaid(by: state.weights))).scalar)
        expectClose(losses, try golden.floats("\(name).losses"), absolute: 1e-4, relative: 1e-4, name)
        for key in start.names where golden.contains("\(name).learned.\(key)") {
            let learned = try #require(state.weights[key])
            expectClose(
                learned, try golden.floats("\(name).learned.\(key)"), absolute: 5e-4, relative: 1e-3, key)
        }
    }

    @Test func `a prefix made by the network of Prefix-Tuning learns as PyTorch's does`() throws {
        var settings = PrefixTuning.Settings()
        (settings.rows, settings.initialisation) = (3, .random)
        settings.reparametrisation = PrefixEncoder.Settings(hidden: 6, width: 8)
        let (lesson, _) = try PrefixTuning(settings).lesson(task(), tiny)
        try check("prefix_encoder", lesson, from: tensors("prefix_encoder.start", like: lesson.start))
    }

    @Test(arguments: [("prefix_tables", nil), ("upper_prefix", [1])] as [(String, [Int]?)])
    func `keys and values that are trained themselves learn as PyTorch's do`(
        _ name: String, _ layers: [Int]?
    ) throws {
        var settings = DeepPrompt.Settings()
        (settings.rows, settings.layers, settings.initialisation) = (3, layers, .random)
        let (lesson, _) = try DeepPrompt(settings).lesson(task(), tiny)
        #expect(lesson.start.names.count == (layers == nil ? 4 : 2))
        try check(name, lesson, from: tensors("\(name).start", like: lesson.start))
    }

    @Test(
        arguments: [("pseudo_lama", .lama), ("pseudo_maps", .fewGLUEPerceptron)]
            as [(String, PseudoTokenEncoder.Kind)])
    func `the original's networks learn as PyTorch's do`(_ name: String, _ kind: PseudoTokenEncoder.Kind)
        throws
    {
        var settings = PTuning.Settings()
        settings.encoder = kind
        let (lesson, _) = try PTuning(settings).lesson(task("{soft 3}{text} {answer}"), tiny)
        try check(name, lesson, from: tensors("\(name).start", like: lesson.start))
    }

    @Test func `pseudo-tokens and the top layer, at two rates, learn together as PyTorch's do`() throws {
        var settings = PTuning.Settings()
        (settings.encoder, settings.tuned) = (.fewGLUEPerceptron, .topLayers(1))
        let (lesson, _) = try PTuning(settings).lesson(task("{soft 3}{text} {answer}"), tiny)
        let own = lesson.start.filter { more.contains("together.start.\($0)") }
        let apart = Set(lesson.start.names).subtracting(own.names)
        #expect(own.names.count == 5 && !apart.isEmpty && apart.allSatisfy { tiny.weights[$0] != nil })
        try check(
            "together", lesson, from: lesson.start.overlaid(by: tensors("together.start", like: own)),
            apart: apart)
    }

    @Test func `pseudo-tokens made by an LSTM learn as PyTorch's do`() throws {
        var settings = PTuning.Settings()
        settings.encoder = .peftLSTM(hidden: 6, layers: 2)
        let (lesson, encoder) = try PTuning(settings).lesson(task("{soft 3}{text} {answer}"), tiny)
        let start = try tensors("pseudo_tokens.start", like: lesson.start)
        try check("pseudo_tokens", lesson, from: start)
        // Folded is live.
        let folded = try #require(PTuning.folded(start, encoder)[SoftPrompt.parameterName])
        let prompts = try batch(lesson.setup).map(\.prompt)
        let live = try lesson.objective.logProbabilities(
            prompts, .inference(tiny.weights.overlaid(by: start)))
        let stored = AnswerObjective(lesson.setup.scorer, tiny.model) { _ in PromptTensors(soft: folded) }
        expectClose(
            try stored.logProbabilities(prompts, .inference(tiny.weights)), live.floats, absolute: 1e-5)
    }

    @Test func `LoRA learns as PyTorch's does`() throws {
        var settings = LoRA.Settings()
        (settings.rank, settings.alpha) = (4, 8)
        let lesson = try LoRA(settings).lesson(task(), tiny)
        try check("lora", lesson, from: tensors("lora.start", like: lesson.start))
    }

    @Test func `a linear probe learns as PyTorch's does`() throws {
        let lesson = try ModelTuning(.probe).lesson(task(), tiny)
        try check("head", lesson, from: tensors("head.start", like: lesson.start))
    }

    @Test(arguments: [("model", WeightSelection.all), ("top_layer", .topLayers(1))])
    func `model tuning moves the weights as PyTorch does`(_ name: String, _ tuned: WeightSelection) throws {
        var settings = ModelTuning.Settings()
        settings.tuned = tuned
        let lesson = try ModelTuning(settings).lesson(task(), tiny)
        let own = golden.names.filter { $0.hasPrefix(name + ".norm.") }.map { $0.dropFirst(name.count + 6) }
        #expect(lesson.start.names == own.map(String.init).sorted())
        try check(name, lesson, from: lesson.start)
    }
}
