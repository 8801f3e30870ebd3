import Datasets
import Layers
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Tokenizers

/// The searches of label words, against formulas in PyTorch and on a model with planted words.
@Suite struct LabelWordSearchTests {
    private struct Case {
        let golden: Golden
        let pretrained: PretrainedModel
        let task: PromptTask
        let rows: Dataset

        init(_ name: String) throws {
            golden = try Golden("prompts/label_words")
            pretrained = name == "bert" ? try Tiny.masked() : try Tiny.model(name)
            task = try PromptTask(
                name: "words", template: Template("{text} {answer}"),
                verbalizer: Verbalizer(["a": ["20"], "b": ["30"], "c": ["31"]]), limit: 30)
            let tokens = try golden.integers("\(name).texts")
            var start = 0
            let examples = try zip(
                golden.integers("\(name).lengths"), golden.integers("\(name).labels")
            ).map { length, label in
                defer { start += Int(length) }
                let text = tokens[start..<start + Int(length)].map(String.init).joined(separator: " ")
                return Example(fields: ["text": text], label: ["a", "b", "c"][Int(label)])
            }
            rows = try Dataset(name: "words", labels: ["a", "b", "c"], examples: examples)
        }

        var labels: [Int] { rows.examples.map { rows.labels.firstIndex(of: $0.label ?? "") ?? 0 } }
    }

    @Test(arguments: ["bert", "llama"])
    func `PETAL's two scores are the reference's, balanced and not`(_ name: String) throws {
        let made = try Case(name)
        for (key, score) in [("ratio", PETAL.Score.likelihoodRatio), ("entropy", .crossEntropy)] {
            for isBalanced in [true, false] {
                var settings = PETAL.Settings()
                (settings.score, settings.isBalanced) = (score, isBalanced)
                let table = try PETAL(settings).table(made.rows, made.task, made.pretrained)
                let expected = try made.golden.floats("\(name).\(key)\(isBalanced ? "" : ".unbalanced")")
                expectClose(
                    table.scores.flatMap { $0 }, expected, absolute: 1e-3, relative: 1e-4, "\(name) \(key)")
                expectClose(
                    table.likelihoods.flatMap { $0 }, try made.golden.floats("\(name).likelihoods"),
                    absolute: 1e-3,
                    relative: 1e-4, name)
            }
        }
    }

    @Test func `where a probability rounds to 1, the reference's clamp decides`() throws {
        let golden = try Golden("prompts/label_words")
        let q = try golden.floats("clamped.q")
        let logarithms = Tensor(q, shape: [3, 3], on: CPUBackend.shared).applying(.log)
        let found = PETAL.logarithms(logarithms)
        expectClose(found[0], try golden.floats("clamped.yes"), absolute: 1e-3, relative: 1e-4)
        expectClose(found[1], try golden.floats("clamped.no"), absolute: 1e-3, relative: 1e-4)
        #expect((found[1].floats.min() ?? 0) < -34)
    }

    @Test(arguments: PETAL.Score.allCases)
    func `PETAL finds the token that is predicted where a label is, and only there`(_ score: PETAL.Score) {
        // Token 3 + l is predicted where the label is l; token 0 everywhere.
        let labels = [0, 1, 2, 0, 1, 2]
        let q = labels.flatMap { label in (0..<6).map { $0 == 3 + label ? Float(0.5) : $0 == 0 ? 0.4 : 0.025 }
        }
        let shares = PETAL.shares(labels, count: 3)
        let table = Tensor(shares.flatMap { $0 }, shape: [6, 6], on: CPUBackend.shared)
        let parts = PETAL.logarithms(Tensor(q, shape: [6, 6], on: CPUBackend.shared).applying(.log))
        var settings = PETAL.Settings()
        settings.score = score
        let found = PETAL(settings).table(parts.map { table.matmul($0.transposed()) }, labels, count: 3)
        for label in 0..<3 {
            let scores = found.scores[label]
            #expect(scores.indices.max { scores[$0] < scores[$1] } == 3 + label, "\(score) \(label)")
        }
    }

    @Test(arguments: ["bert", "llama"])
    func `PET's worth of a word among others is the reference's`(_ name: String) throws {
        let made = try Case(name)
        let shape = try made.golden.shape("\(name).verbalizers")
        let flat = try made.golden.integers("\(name).verbalizers").map(Int.init)
        let verbalizers = (0..<shape.rows).map { Array(flat[$0 * shape.width..<($0 + 1) * shape.width]) }
        let size = made.pretrained.tokenizer.vocabularySize
        let encoder = try PromptEncoder(
            made.task.template, made.pretrained.tokenizer, limit: 30, kind: made.pretrained.promptKind())
        let pass = Pass.inference(made.pretrained.weights)
        let scores = Tensor.joinRows(
            try made.rows.examples.map { example in
                let prompt = try encoder.encode(example)
                let packed = PackedPrompts(
                    [.init(prompt: prompt.rows, question: .rows([prompt.readouts[0]]))], sharesPrefix: false)
                let hidden = made.pretrained.model.hidden(
                    packed.input(made.pretrained.model, soft: nil, pass), pass)
                return made.pretrained.model.scores(hidden, vocabulary: (0..<Int32(size)).map { $0 }, pass)
            })
        let found = (0..<3).flatMap {
            AutomaticVerbalizerSearch.worth(of: $0, scores.transposed(), made.labels, verbalizers, 3)
        }
        expectClose(found, try made.golden.floats("\(name).worth"), absolute: 1e-4, relative: 1e-4, name)
    }

    @Test(arguments: ["bert", "llama"])
    func `LM-BFF's combinations are the reference's, in its order`(_ name: String) throws {
        let made = try Case(name)
        let shape = try made.golden.shape("\(name).lists")
        let flat = try made.golden.integers("\(name).lists")
        let lists = (0..<shape.rows).map { Array(flat[$0 * shape.width..<($0 + 1) * shape.width]) }
        var settings = LikelyWordSearch.Settings()
        (settings.candidates, settings.kept) = (shape.width, 10)
        // Special tokens and 5 have no place in the lists of the golden.
        let found = try LikelyWordSearch(settings).ranked(
            made.rows, made.task, made.pretrained, lists: lists)
        #expect(found.map(\.right) == (try made.golden.integers("\(name).right").map(Int.init)))
        let best = try made.golden.integers("\(name).combinations").map(Int.init)
        #expect(found.flatMap(\.places) == best)
    }

    @Test(arguments: LabelWordSearch.Name.allCases)
    func `every search finds planted words`(_ name: LabelWordSearch.Name) throws {
        // What AVS counts words in.
        let texts = [Example(fields: ["text": "60 61 62 63 64"])]
        let found = try search(name).words(
            Tiny.split(), unlabelled: texts, try Tiny.task(), try PlantedModel.pretrained())
        #expect(found == (try Verbalizer(["a": ["60"], "b": ["61"]])), "\(found)")
    }

    private func search(_ name: LabelWordSearch.Name, candidates: Int = 100) -> LabelWordSearch {
        switch name {
        case .autoPrompt:
            var settings = LabelTokenSearch.Settings()
            (settings.wordsPerLabel, settings.rate) = (1, 0.05)
            return .autoPrompt(settings)
        case .petal: return .petal(PETAL.Settings())
        case .automaticVerbalizer:
            var settings = AutomaticVerbalizerSearch.Settings()
            // Numbers have no letters; the test of letters is one of its own.
            (settings.wordsPerLabel, settings.draws, settings.rounds, settings.letters) = (1, 30, 3, 0)
            return .automaticVerbalizer(settings)
        case .likelyWords:
            var settings = LikelyWordSearch.Settings()
            settings.candidates = candidates
            return .likelyWords(settings)
        }
    }

    @Test func `one candidate and one combination are the likeliest words`() throws {
        var settings = LikelyWordSearch.Settings()
        (settings.candidates, settings.kept) = (1, 1)
        let made = try Case("bert")
        let likelihoods = try made.golden.floats("bert.likelihoods")
        let width = likelihoods.count / 3
        let best = (0..<3).map { label in
            (5..<width).max { likelihoods[label * width + $0] < likelihoods[label * width + $1] } ?? 0
        }
        let found = try? LikelyWordSearch(settings).words(
            FewShotSplit(train: made.rows, dev: made.rows), made.task, made.pretrained)
        // Labels with one likeliest word between them have no combination.
        guard Set(best).count == 3 else { return #expect(found == nil) }
        #expect(found?.entries.map(\.words) == best.map { ["\($0)"] })
    }

    @Test func `the dev rows choose among combinations where they are asked to`() throws {
        // Both words of a label answer the train rows; the dev rows tell which is better.
        let scores: [[[Float]]] = [[[3, 2], [0, 0]], [[1, 1], [2, 2]]]
        let found = LikelyWordSearch.combinations(scores, [0, 1], tokens: [[7, 8], [9, 10]], keeping: 4)
        #expect(found.map(\.right) == [2, 2, 2, 2] && found[0].places == [0, 0])
        let dev: [[[Float]]] = [[[0, 3], [0, 0]], [[1, 1], [2, 2]]]
        #expect(LikelyWordSearch.chosen(found, dev, [0, 1]).places == [1, 0])
    }

    @Test func `fewer words a label are combined where labels are many`() {
        #expect(LikelyWordSearch.width(100, labels: 2, limit: 50_000) == 100)
        #expect(LikelyWordSearch.width(100, labels: 6, limit: 50_000) == 6)
        #expect(LikelyWordSearch.width(3, labels: 20, limit: 50_000) == 1)
    }

    @Test(arguments: LabelWordSearch.Name.allCases)
    func `searches work on causal models, and give words that are one token`(_ name: LabelWordSearch.Name)
        throws
    {
        let tiny = try Tiny.model("llama")
        let task = try Tiny.task()
        let found = try search(name, candidates: 10).words(Tiny.split(), task, tiny)
        #expect(found.labels == ["a", "b"])
        let words = try EncodedVerbalizer(found, behind: task.template, tiny.tokenizer, kind: .causal)
        #expect(words.longestAnswer == 1)
        #expect(try search(name, candidates: 10).words(Tiny.split(), task, tiny) == found)
    }

    @Test func `labels' names can be left out, and a filter that leaves nothing says so`() throws {
        // The label's name is the planted word of the other key: "60" would be found.
        let rows = try Dataset(
            name: "named", labels: ["60", "b"],
            examples: try Tiny.rows(8).examples.map {
                Example(fields: $0.fields, label: $0.label == "a" ? "60" : "b")
            })
        let task = try PromptTask(
            name: "named", template: Template("{text} {answer}"),
            verbalizer: Verbalizer(["60": ["20"], "b": ["30"]]), limit: 30)
        var settings = PETAL.Settings()
        let model = try PlantedModel.pretrained()
        #expect(try PETAL(settings).words(rows, task, model).words(for: "60") == ["60"])
        settings.filter.refusesLabels = true
        #expect(try PETAL(settings).words(rows, task, model).words(for: "60") != ["60"])
        settings.filter.needsWholeWords = true
        #expect(
            throws: (any Error).self, performing: { try PETAL(settings).words(rows, task, model) })
        do { _ = try PETAL(settings).words(rows, task, model) } catch {
            #expect(description(of: error).contains("no word is left for the label '60'"))
        }
    }

    @Test func `rows without labels are refused`() throws {
        let rows = try Dataset(name: "bare", labels: ["a", "b"], examples: [Example(fields: ["text": "7"])])
        for name in LabelWordSearch.Name.allCases {
            #expect(throws: PromptError.self, "\(name)") {
                try search(name).words(
                    FewShotSplit(train: rows, dev: rows), try Tiny.task(), try Tiny.masked())
            }
        }
    }
}
