import Datasets
import Foundation
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers

/// Work that is shared changes no answer: blocks, trees, batches and compiled prompts.
@Suite struct SharedWorkTests {
    /// Learned positions; grouped heads; grouped heads with a window of 4.
    static let shows: [DemonstrationSettings] = [
        DemonstrationSettings(instruction: "60 61 62", shots: 3, seed: 1),
        DemonstrationSettings(shots: 2, selection: .nearest),
        DemonstrationSettings(
            instruction: "60 61 62 63 64 65 66 67 68", shots: 2, selection: .nearest, order: .similarLast),
        DemonstrationSettings(instruction: "60 61 62 63 64 65 66 67 68"),
    ]

    private func prompt(
        _ settings: DemonstrationSettings, _ tiny: PretrainedModel, template: String = "{text} {answer}",
        soft: Int = 0, rule: ScoringRule = .sum
    ) throws -> Prompt {
        let source = soft > 0 ? "{soft \(soft)}\(template)" : template
        let task = try Tiny.task(source, a: ["20 21", "20 22"], b: ["30"], limit: 64)
        let tensors: [String: Tensor] = soft > 0 ? [SoftPrompt.parameterName: Tiny.soft(soft, tiny)] : [:]
        var made = try Prompt(
            method: soft > 0 ? "prompt-tuning" : "hard", task, template: task.template,
            tensors: NamedTensors(tensors), tiny, rule: rule, settings: [:], probing: [])
        made.manifest.demonstrations = try Demonstrations(
            settings, from: Tiny.rows(12).examples, labels: ["a", "b"], fields: ["text"],
            ModelVectorizer(tiny))
        return made
    }

    /// Texts of many lengths, some of them starting alike.
    private static let questions = (0..<40).map { index in
        let numbers = [3 + index % 4] + (0...(index * 7) % 6).map { 3 + ($0 * 5 + index) % 60 }
        return Example(fields: ["text": numbers.map(String.init).joined(separator: " ")])
    }

    /// The label probabilities from plain sequences, each computed alone: no block, no tree, no batch.
    private func plain(_ prompt: Prompt, _ question: Example, _ tiny: PretrainedModel) throws -> [Float] {
        let template = prompt.manifest.template
        let words = try EncodedVerbalizer(
            prompt.manifest.verbalizer, behind: template, tiny.tokenizer, kind: .causal)
        let demonstrations = try #require(prompt.manifest.demonstrations)
        let vectorizer = ModelVectorizer(tiny)
        let encoder = try DemonstratedEncoder(
            demonstrations, behind: template, labels: ["a", "b"],
            answer: { prompt.manifest.verbalizer.words(for: $0.label ?? "")?.first ?? "" },
            vectors: vectorizer.vectors(of: demonstrations.examples.map { $0.fields["text"] ?? "" }),
            tiny.tokenizer, limit: 64
        ) { try PromptEncoder($0, tiny.tokenizer, limit: $1, kind: .causal, longestAnswer: 2) }
        let vector = try vectorizer.vectors(of: [question.fields["text"] ?? ""])[0]
        let before = try encoder.encode(question, vector: vector).prompt.before
        let shares = words.words.map { word -> Double in
            let steps = Tiny.steps(before, word.tokens.rows, soft: prompt.softRows, tiny)
            return exp(steps.reduce(0.0) { $0 + Double($1) })
        }
        let labels = words.wordsOfLabel.map { shares[$0].reduce(0, +) }
        return labels.map { Float($0 / labels.reduce(0, +)) }
    }

    @Test(arguments: Tiny.names, shows)
    func `blocks and trees give the answers of plain sequences`(
        _ name: String, _ settings: DemonstrationSettings
    ) throws {
        let tiny = try Tiny.model(name)
        let prompt = try prompt(settings, tiny)
        let predictor = try Predictor([prompt], tiny)
        let together = try predictor.predict(Self.questions, with: prompt.id)
        for index in stride(from: 0, to: Self.questions.count, by: 7) {
            let expected = try plain(prompt, Self.questions[index], tiny)
            expectClose(together[index].probabilities, expected, absolute: 1e-5, "row \(index)")
            let alone = try predictor.predict([Self.questions[index]], with: prompt.id)[0]
            expectClose(alone.probabilities, expected, absolute: 1e-5, "row \(index) alone")
            #expect(together[index].examplesShown == settings.shots)
        }
    }

    @Test(arguments: Tiny.names)
    func `soft rows, instruction and examples share one block`(_ name: String) throws {
        let tiny = try Tiny.model(name)
        let prompt = try prompt(DemonstrationSettings(instruction: "60 61", shots: 2, seed: 3), tiny, soft: 3)
        let answers = try Predictor([prompt], tiny).predict(Array(Self.questions.prefix(6)), with: prompt.id)
        for (question, answer) in zip(Self.questions, answers) {
            expectClose(answer.probabilities, try plain(prompt, question, tiny), absolute: 1e-5)
        }
    }

    @Test func `the block is computed once and for all batches, and a compiled one never`() throws {
        let backend = RecordingBackend()
        let tiny = try Tiny.model(on: backend)
        let prompt = try prompt(DemonstrationSettings(instruction: "60 61", shots: 2, seed: 3), tiny)
        let predictor = try Predictor([prompt], tiny)
        func walks(_ predictor: Predictor) throws -> Int {
            _ = backend.takeCounts()
            _ = try predictor.predict(Array(Self.questions.prefix(3)), with: prompt.id)
            return (backend.takeCounts()["attention"] ?? 0) / tiny.model.traits.layers
        }
        #expect(try (0..<3).map { _ in try walks(predictor) } == [2, 1, 1])
        #expect(try walks(Predictor([prompt.compiled(for: tiny)], tiny)) == 1)
    }

    // MARK: Trees

    @Test func `prompts that start alike in part share that part too`() {
        let common: [Int32] = [1, 2, 3]
        let (left, right) = (Array<Int32>(10..<20), Array<Int32>(30..<40))
        let packed = PackedPrompts(
            [common + left + [50], common + right + [51], common + left + [52], common + right + [53, 54]].map
            {
                .init(prompt: $0.rows, candidates: [[60].rows])
            })
        #expect(packed.rows.count == 3 + 10 + 10 + 1 + 1 + 1 + 2)
        #expect(packed.lengths == [3, 10, 10, 1, 1, 1, 2])
        #expect(packed.ancestors == [[], [0], [0], [0, 1], [0, 2], [0, 1], [0, 2]])
    }

    @Test func `short likeness of a few is not worth a sequence`() {
        let packed = PackedPrompts(
            [[1, 2, 5, 6], [1, 2, 5, 7], [1, 3, 8]].map { .init(prompt: $0.rows, candidates: [[60].rows]) })
        #expect(packed.lengths == [1, 3, 3, 2])
    }

    // MARK: Compiled

    @Test(arguments: Tiny.names)
    func `a compiled prompt, saved and mapped, answers as the prompt it was made of`(_ name: String) throws {
        let tiny = try Tiny.model(name)
        let place = try TemporaryFolder()
        for soft in [0, 4] {
            let prompt = try prompt(
                DemonstrationSettings(instruction: "60 61", shots: 2, seed: 3), tiny, soft: soft)
            let folder = PromptFolder(place.file("compiled-\(soft)"))
            try folder.write(prompt.compiled(for: tiny))
            let read = try folder.read(on: CPUBackend.shared)
            #expect((read.front?.count ?? 0) > soft + 8)
            let expected = try Predictor([prompt], tiny).predict(Self.questions, with: prompt.id)
            let answers = try Predictor([read], tiny).predict(Self.questions, with: prompt.id)
            for (answer, expected) in zip(answers, expected) {
                #expect(answer.label == expected.label)
                expectClose(answer.probabilities, expected.probabilities, absolute: 1e-5)
            }
        }
    }

    @Test func `a compiled block whose numbers were damaged is refused`() throws {
        let (tiny, place) = (try Tiny.model(), try TemporaryFolder())
        let prompt = try prompt(DemonstrationSettings(instruction: "60 61", shots: 2, seed: 3), tiny)
        let folder = PromptFolder(place.file("compiled"))
        try folder.write(prompt.compiled(for: tiny))
        let file = place.file("compiled/compiled.safetensors")
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count - 5] ^= 0x40
        try bytes.write(to: file)
        let error = #expect(throws: PromptError.self) { try folder.read(on: CPUBackend.shared) }
        #expect(description(of: error).contains("its numbers are not those that were written"))
    }

    @Test func `what cannot be compiled is refused with the reason`() throws {
        let tiny = try Tiny.model()
        let bare = try Prompt.hard(Tiny.task(), tiny)
        let error = #expect(throws: PromptError.self) { try bare.compiled(for: tiny) }
        #expect(error?.description.contains("in front of its first field") == true)
        let task = try Tiny.task("{text} {soft 9} {answer}")
        let behind = try Prompt(
            method: "prompt-tuning", task, template: task.template,
            tensors: NamedTensors([SoftPrompt.parameterName: Tiny.soft(9, tiny)]), tiny, settings: [:],
            probing: [])
        let second = #expect(throws: PromptError.self) { try behind.compiled(for: tiny) }
        #expect(second?.description.contains("soft rows behind the text") == true)
    }

    @Test func `a block of another model, or of a prompt that changed since, is refused`() throws {
        let (tiny, other) = (try Tiny.model(), try Tiny.model(digest: "other"))
        let prompt = try prompt(DemonstrationSettings(instruction: "60 61", shots: 2, seed: 3), tiny)
        var compiled = try prompt.compiled(for: tiny)
        let moved = #expect(throws: PromptError.self) { try Predictor([compiled], other) }
        #expect(moved?.description.contains("another model") == true)
        compiled.manifest.demonstrations = try Demonstrations(
            DemonstrationSettings(shots: 3, seed: 9), from: Tiny.rows(12).examples, labels: ["a", "b"],
            fields: ["text"])
        let changed = #expect(throws: PromptError.self) { try Predictor([compiled], tiny) }
        #expect(changed?.description.contains("changed since") == true)
    }

    @Test func `examples of each question's own are saved with their vectors`() throws {
        let tiny = try Tiny.model()
        let place = try TemporaryFolder()
        var prompt = try prompt(DemonstrationSettings(shots: 2, selection: .nearest), tiny)
        let texts = prompt.manifest.demonstrations?.examples.map { $0.fields["text"] ?? "" } ?? []
        let vectors = try ModelVectorizer(tiny).vectors(of: texts)
        prompt.exampleVectors = Tensor(
            vectors.flatMap { $0 }, shape: [texts.count, vectors[0].count], on: CPUBackend.shared)
        let folder = PromptFolder(place.file("nearest"))
        try folder.write(prompt)
        let read = try folder.read(on: CPUBackend.shared)
        let expected = try Predictor([prompt], tiny).predict(Self.questions, with: prompt.id)
        #expect(try Predictor([read], tiny).predict(Self.questions, with: prompt.id) == expected)
        let error = #expect(throws: DemonstrationError.self) {
            try Predictor([read], tiny, vectorizer: TableVectorizer())
        }
        #expect(error?.description.contains("a table") == true)
    }
}
