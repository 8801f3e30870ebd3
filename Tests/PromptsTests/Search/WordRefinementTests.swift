import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing

/// Refinement, calibration and weights of many words a label (Oracles/prompts/knowledgeable.py).
@Suite struct WordRefinementTests {
    private let golden: Golden

    init() throws { golden = try Golden("prompts/knowledgeable") }

    private func matrix(_ name: String) throws -> Tensor {
        let shape = try golden.shape(name)
        return Tensor(
            try golden.floats(name), shape: [shape.count / shape.width, shape.width], on: CPUBackend.shared)
    }

    @Test(arguments: ["two", "three"])
    func `relevance and the share that is kept are the reference's`(_ name: String) throws {
        let counts = try golden.integers("\(name).counts").map(Int.init)
        let found = WordRefinement.relevances(try matrix("\(name).scores"), counts: counts)
        expectClose(
            found.flatMap { $0 }.map { Float($0) }, try golden.floats("\(name).relevances"), absolute: 1e-4,
            relative: 1e-3, name)
        let words = counts.map { Array(0..<$0) }
        let kept = WordRefinement.kept(words, found)
        #expect(kept.map(\.count) == (try golden.integers("\(name).kept").map(Int.init)))
        for (own, relevances) in zip(kept, found) {
            #expect(own == own.sorted { relevances[$0] > relevances[$1] })
        }
    }

    @Test(arguments: ["two", "three"])
    func `the calibration is the reference's`(_ name: String) throws {
        expectClose(
            WordRefinement.calibration(try matrix("\(name).scores")),
            try golden.floats("\(name).calibration"),
            absolute: 1e-5, name)
    }

    @Test func `the rarest of a vocabulary are the reference's`() throws {
        let found = WordRefinement.rarest(0.3, of: try golden.floats("mean"))
        #expect(found == Set(try golden.integers("rarest")))
        #expect(WordRefinement.rarest(0, of: [1, 2]).isEmpty)
    }

    /// A scorer of the golden's words, each one token, on a model whose scores are the golden's.
    private func labels(_ name: String, calibrated: Bool, weighted: Bool) throws -> Tensor {
        let counts = try golden.integers("\(name).counts").map(Int.init)
        let logits = try matrix("\(name).logits")
        let entries = counts.indices.map { label -> Verbalizer.Entry in
            let start = counts[..<label].reduce(0, +)
            return Verbalizer.Entry(
                label: "l\(label)", words: (0..<counts[label]).map { "\(10 + start + $0)" })
        }
        let words = try EncodedVerbalizer(
            Verbalizer(entries), behind: Template("{text} {answer}"), try Tiny.masked().tokenizer,
            kind: .masked)
        let scorer = WeightedWords(
            FixedScores(logits: logits, first: 10, traits: try Tiny.masked().model.traits), words,
            isCalibrated: calibrated)
        let size = logits.shape.width
        let zero = Tensor(repeating: 0, shape: [size], on: CPUBackend.shared)
        let weights = NamedTensors([
            WeightedWords.parameterName: weighted
                ? Tensor(try golden.floats("\(name).weights"), shape: [size], on: CPUBackend.shared) : zero,
            WeightedWords.calibrationName: Tensor(
                try golden.floats("\(name).calibration"), shape: [size], on: CPUBackend.shared),
        ])
        return scorer.logProbabilities(zero, [], .inference(weights))
    }

    @Test(arguments: ["two", "three"])
    func `plain, calibrated and weighted scores are the reference's`(_ name: String) throws {
        for (key, calibrated, weighted) in [
            ("plain", false, false), ("calibrated", true, false), ("weighted", true, true),
        ] {
            expectClose(
                try labels(name, calibrated: calibrated, weighted: weighted),
                try golden.floats("\(name).\(key)"), absolute: 1e-4, "\(name) \(key)")
        }
    }

    @Test(arguments: ["bert", "llama"])
    func `equal weights are the joint softmax of the mean, calibrated as it is`(_ name: String) throws {
        let tiny = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
        let task = try Tiny.task(a: ["20", "21", "25"], b: ["30", "44"])
        let examples = try Tiny.rows(3).examples
        var settings = WordRefinement.Settings()
        (settings.rareShare, settings.judgesRelevance) = (0, false)
        let result = try WordRefinement(settings).refine(
            task.verbalizer.entries, unlabelled: examples, task, tiny)
        #expect(result.verbalizer == task.verbalizer)
        let prompt = try KnowledgeableWords(result).prompt(task, tiny)
        let found = try Predictor([prompt], tiny).predict(examples, with: prompt.id)
        // The words' scores at the answer, by the rule that OpenPrompt's golden vectors prove.
        let words = try EncodedVerbalizer(
            task.verbalizer, behind: task.template, tiny.tokenizer, kind: tiny.promptKind())
        let answers = try slot(words, examples, task, tiny)
        let count = Float(examples.count)
        let mean = (0..<words.words.count).map { word in [answers.reduce(0) { $0 + $1[word][0] } / count] }
        for (answer, scores) in zip(found, answers) {
            let expected = try ScoringRule.jointSoftmaxMean.scores(
                AnswerScores(steps: scores, atSlot: scores), words,
                calibration: AnswerScores(steps: mean, atSlot: mean))
            expectClose(answer.probabilities, expected.probabilities, absolute: 1e-4, name)
        }
    }

    /// The scores of words of one token at the answer.
    private func slot(
        _ words: EncodedVerbalizer, _ examples: [Example], _ task: PromptTask, _ tiny: PretrainedModel
    ) throws -> [[[Float]]] {
        let kind = try tiny.promptKind()
        let encoder = try PromptEncoder(task.template, tiny.tokenizer, limit: 30, kind: kind)
        let pass = Pass.inference(tiny.weights)
        return try examples.map { example in
            let prompt = try encoder.encode(example)
            let packed = PackedPrompts(
                [.init(prompt: prompt.rows, question: .rows([prompt.readouts[0]]))], sharesPrefix: false)
            let hidden = tiny.model.hidden(packed.input(tiny.model, soft: nil, pass), pass)
            let scores = tiny.model.scores(hidden, vocabulary: words.words.map { $0.tokens[0] }, pass).floats
            return scores.map { [$0] }
        }
    }

    @Test func `weights after no step that helps are those of zero-shot, and training moves them`() throws {
        let tiny = try Tiny.masked()
        let (split, task) = (try Tiny.split(), try Tiny.task(a: ["20", "21", "25"], b: ["30", "44"]))
        var settings = WordRefinement.Settings()
        (settings.rareShare, settings.judgesRelevance) = (0, false)
        let result = try WordRefinement(settings).refine(
            task.verbalizer.entries, unlabelled: split.train.examples, task, tiny)
        let words = KnowledgeableWords(result)
        let zeroShot = try words.prompt(task, tiny)
        let weights = try #require(zeroShot.tensors[WeightedWords.parameterName])
        #expect(weights.floats.allSatisfy { $0 == 0 })
        var learning = LearningSettings()
        (learning.steps, learning.batch) = (20, 8)
        let learned = try words.fit(
            FewShotSplit(
                train: split.train, dev: try Dataset(name: "none", labels: ["a", "b"], examples: [])),
            task, to: tiny, learning: learning)
        let moved = try #require(learned.tensors[WeightedWords.parameterName])
        #expect(moved.floats.contains { abs($0) > 1e-3 })
        expectClose(
            try #require(learned.tensors[WeightedWords.calibrationName]), result.calibration ?? [],
            absolute: 0, relative: 0)
        func loss(_ prompt: Prompt) throws -> Float {
            try Predictor([prompt], tiny).predict(split.train.examples, with: prompt.id).enumerated().reduce(
                0
            ) { sum, entry in
                let label = entry.element.labels.firstIndex(
                    of: split.train.examples[entry.offset].label ?? "")
                return sum - entry.element.probabilities[label ?? 0]
            }
        }
        #expect(try loss(learned) < loss(zeroShot))
    }

    @Test func `words of several labels go, but where they are the first`() throws {
        func words(_ numbers: Int...) throws -> [EncodedVerbalizer.Word] {
            let verbalizer = try Verbalizer([Verbalizer.Entry(label: "a", words: numbers.map(String.init))])
            return try EncodedVerbalizer(
                verbalizer, behind: Template("{text} {answer}"), Tiny.masked().tokenizer, kind: .masked
            ).words
        }
        let lists = try [words(20, 21, 30, 22) + words(21), words(30, 22, 31, 20)]
        #expect(
            WordRefinement.different(lists).map { $0.map { $0.tokens[0] } } == [[20, 21], [30, 31]])
    }

    @Test func `a label without words left, and no unlabelled rows, are said`() throws {
        let tiny = try Tiny.masked()
        let task = try Tiny.task()
        let examples = try Tiny.rows(3).examples
        var settings = WordRefinement.Settings()
        settings.longestWord = 1
        func refine(_ lists: [Verbalizer.Entry], _ rows: [Example]) -> String {
            do {
                _ = try WordRefinement(settings).refine(lists, unlabelled: rows, task, tiny)
                return "nothing is wrong"
            } catch { return "\(error)" }
        }
        let sound = task.verbalizer.entries
        #expect(refine(sound, []).contains("the number of unlabelled rows is 0"))
        let long = [Verbalizer.Entry(label: "a", words: ["20 21"]), sound[1]]
        #expect(refine(long, examples).contains("no word is left for the label 'a'"))
        let empty = [Verbalizer.Entry(label: "a", words: []), sound[1]]
        #expect(refine(empty, examples).contains("no word is left for the label 'a'"))
        settings.rareShare = 1
        #expect(refine(sound, examples).contains("the share of rare tokens is 1.0"))
        settings.rareShare = 0
        let twice = [Verbalizer.Entry(label: "a", words: ["30"]), sound[1]]
        #expect(refine(twice, examples).contains("stands for"))
    }
}

/// A model whose scores are given, whatever it reads.
private struct FixedScores: LanguageModel {
    let logits: Tensor
    /// The token of the first column.
    let first: Int32
    let traits: ModelTraits
    var parameters: [Parameter] { [] }

    func embed(_ tokens: [Int32], _ pass: Pass) -> Tensor { logits }

    func encode(_ input: ModelInput, keepsKeyValues: Bool, _ pass: Pass) -> Encoding {
        Encoding(hidden: logits, keyValues: nil)
    }

    func scores(_ hidden: Tensor, vocabulary: [Int32]?, _ pass: Pass) -> Tensor {
        Tensor.joinColumns((vocabulary ?? []).map { logits.columns(Int($0 - first)..<Int($0 - first) + 1) })
    }
}
