import Datasets
import Experiments
import Foundation
import Models
import Prompts
import Tensors
import TestSupport
import Testing
import Training

@Suite struct TeachingTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func teach(_ plan: TeachingPlan, _ diary: Diary = Diary(), stop: StopSignal = StopSignal()) throws
        -> TeachingReport
    {
        try Teaching(plan, place.model, stop: stop) { diary.add($0) }.run()
    }

    private func text(_ error: (any Error)?) -> String { error.map { "\($0)" } ?? "" }

    // MARK: What is reported

    @Test func `the report's numbers are those of the saved prompt, computed again`() throws {
        let plan = try place.plan()
        let report = try teach(plan)
        let rows = Workplace.rows("the last word on ")
        let (texts, labels) = (rows.map(\.text), rows.map(\.label))
        func right(_ answers: [String]) -> [Bool] { zip(answers, labels).map { $0 == $1 } }
        let trained = right(try place.answers(texts, plan, trained: true))
        let untaught = right(try place.answers(texts, plan, trained: false))
        #expect(report.rows.map(\.name) == ["majority class", "zero-shot", "prompt-tuning"])
        #expect(
            report.rows.map(\.value)
                == [10, untaught.count { $0 }, trained.count { $0 }].map { Double($0) / 20 })
        #expect(
            report.rows.map(\.interval)
                == report.rows.map { .wilson(right: Int(($0.value * 20).rounded()), of: 20) })
        #expect(report.rows.map(\.rows) == [20, 20, 20])
        #expect(report.rows.map(\.trainedParameters) == [0, 0, 4 * 32])
        #expect(report.rows[2].bytes == PromptFolder(plan.output).byteCount)
        #expect(report.probabilityOfChance == (try McNemar(first: trained, second: untaught).probability))
        #expect(report.rows[2].trainingSeconds > 0 && report.rows[2].millisecondsARow > 0)
    }

    @Test func `the report says what went into the run`() throws {
        let plan = try place.plan { $0.seed = 3 }
        let report = try teach(plan)
        #expect(
            report.schema == 1 && report.task == "films" && report.model == "model"
                && report.metric == "accuracy")
        #expect(report.trainRows == 8 && report.perLabel == 4 && report.seed == 3 && report.rate == 0.05)
        #expect(report.losses.count == 12 && report.losses.allSatisfy { $0.isFinite && $0 > 0 })
        let devScore = try #require(report.devScore)
        #expect(devScore > 0 && devScore <= 1)
        #expect(report.modelParameters == place.model.weights.parameterCount)
        #expect(report.peakTensorBytes > 0 && report.peakProcessBytes > report.peakTensorBytes)
        #expect(report.shortenedRows == 0 && report.tokensCut == 0 && report.output == plan.output.path)
        let again = try JSONDecoder().decode(TeachingReport.self, from: JSONEncoder().encode(report))
        #expect(again.rows == report.rows && again.losses == report.losses)
    }

    @Test func `the prompt that is saved is whole and proves itself`() throws {
        let plan = try place.plan()
        let report = try teach(plan)
        #expect(report.reloadDifference <= 1e-6)
        let prompt = try PromptFolder(plan.output).read(on: CPUBackend.shared)
        #expect(try prompt.verify(place.model) < 1e-5)
        #expect(prompt.id == "films" && prompt.manifest.probe.count == 3)
        #expect(prompt.manifest.measurements["test accuracy"] == report.rows[2].value)
        #expect(prompt.manifest.measurements["dev score"] == report.devScore)
        #expect(place.names == ["learned", "pool.jsonl", "test.jsonl"])
    }

    @Test
    func `the test rows are scored after everything is chosen, twice and once more with the saved prompt`()
        throws
    {
        let diary = Diary()
        _ = try teach(try place.plan(), diary)
        let lines = diary.lines
        #expect(lines.prefix(4) == ["words negative positive", "data", "stage learning", "trainable"])
        let stages = lines.filter { $0.hasPrefix("stage") }
        #expect(
            stages == [
                "stage learning", "stage scoring the test rows without training",
                "stage scoring the test rows with the prompt", "stage reading the prompt back",
            ])
        let lastOfMethod = try #require(lines.lastIndex { $0.hasPrefix("step") || $0 == "evaluation" })
        let firstOfTest = try #require(lines.firstIndex { $0.hasPrefix("stage scoring") })
        #expect(lastOfMethod < firstOfTest)
        #expect(lines.contains("step 12 of 12") && lines.count { $0 == "evaluation" } == 3)
    }

    @Test func `fewer test rows are scored where that is asked for`() throws {
        let report = try teach(try place.plan { $0.testLimit = 6 })
        #expect(report.rows.map(\.rows) == [6, 6, 6])
        #expect(report.rows[0].value == 1)
    }

    @Test func `inputs that were shortened are counted`() throws {
        let long = (text: String(repeating: "good food and kind people ", count: 20), label: "positive")
        let report = try teach(try place.plan(test: Workplace.rows() + [long]) { $0.limit = 40 })
        #expect(report.shortenedRows == 1 && report.tokensCut > 10)
    }

    @Test func `another metric has its own interval`() throws {
        let plan = try place.plan { $0.task.metric = .macroF1 }
        let report = try teach(plan)
        #expect(report.metric == Metric.macroF1.name)
        let last = report.rows[2]
        #expect(last.interval.low <= last.value && last.value <= last.interval.high)
        #expect(last.interval != .wilson(right: Int((last.value * 20).rounded()), of: 20))
        let prompt = try PromptFolder(plan.output).read(on: CPUBackend.shared)
        #expect(prompt.manifest.measurements["test \(Metric.macroF1.name)"] == last.value)
    }

    @Test func `the user's own rows are taken as they are, and dev rows may be absent`() throws {
        let own = try place.write("own.jsonl", Array(Workplace.rows("my ").prefix(13)))
        let dev = try place.write("dev.jsonl", Array(Workplace.rows("his ").suffix(12)))
        let undecided = try teach(try place.plan { $0.trainFile = own })
        #expect(undecided.trainRows == 13 && undecided.devScore == nil && undecided.losses.count == 12)
        let decided = try teach(
            try place.plan { ($0.trainFile, $0.devFile, $0.isReplacing) = (own, dev, true) })
        #expect(decided.trainRows == 13 && decided.devScore != nil)
    }

    // MARK: Verdicts

    @Test func `training that is no better than the template alone is said`() throws {
        // The template alone is right on all of these, because its answers are the labels.
        let texts = Workplace.texts.map { "the word on " + $0 }
        let answers = try place.answers(texts, place.plan(), trained: false)
        let report = try teach(try place.plan(test: Array(zip(texts, answers))))
        #expect(report.rows[1].value == 1)
        #expect(report.warnings.contains { $0.contains("training has not beaten zero-shot") })
    }

    @Test func `answers that are all one label are said, and that they beat nothing`() throws {
        let texts = Array(repeating: "one text", count: 4)
        let report = try teach(
            try place.plan(test: Array(zip(texts, ["negative", "positive", "negative", "positive"]))))
        #expect(report.warnings.contains { $0.contains("every test row is answered") })
        #expect(report.warnings.contains { $0.contains("always answering the most frequent label") })
    }

    @Test func `a gain on one row may be chance, and that is said`() throws {
        let plan = try place.plan()
        _ = try teach(plan)
        let texts = Workplace.texts.map { "the word on " + $0 }
        let (trained, untaught) = (
            try place.answers(texts, plan, trained: true), try place.answers(texts, plan, trained: false)
        )
        let place = try #require(texts.indices.first { trained[$0] != untaught[$0] })
        let report = try teach(
            try self.place.plan(test: [(text: texts[place], label: trained[place])]) { $0.isReplacing = true }
        )
        #expect(report.rows.map(\.value) == [1, 0, 1] && report.probabilityOfChance == 1)
        #expect(report.warnings.contains { $0.contains("may be chance (p = 1.0)") })
    }

    // MARK: Stopping

    @Test func `a run that was stopped goes on to the same bytes`() throws {
        let undisturbed = try place.plan { $0.output = place.file("whole") }
        _ = try teach(undisturbed)
        let plan = try place.plan()
        let stop = StopSignal()
        #expect(throws: CancellationError.self) {
            try Teaching(plan, place.model, stop: stop) { event in
                if case .method(.step(let report, _)) = event, report.step == 5 { stop.raise() }
            }.run()
        }
        #expect(place.names.contains(".learned.training.safetensors") && !place.names.contains("learned"))
        let diary = Diary()
        let report = try teach(plan, diary)
        #expect(diary.lines.first { $0.hasPrefix("step") } == "step 6 of 12")
        // Those of the steps before the stop, too.
        #expect(report.losses.count == 12)
        let name = "adapter_model.safetensors"
        #expect(
            try Data(contentsOf: place.file("learned/\(name)"))
                == Data(contentsOf: place.file("whole/\(name)")))
        #expect(!place.names.contains(".learned.training.safetensors"))
    }

    @Test func `a state is not gone on from where the rows have changed`() throws {
        let stop = StopSignal()
        stop.raise()
        let plan = try place.plan()
        #expect(throws: CancellationError.self) { try teach(plan, stop: stop) }
        try place.write("pool.jsonl", Workplace.rows("once more "))
        let diary = Diary()
        _ = try teach(plan, diary)
        #expect(diary.lines.first { $0.hasPrefix("step") } == "step 1 of 12")
    }

    // MARK: Refusals, before any work

    @Test func `preparing reads and checks everything and leaves nothing`() throws {
        let diary = Diary()
        let plan = try place.plan()
        _ = try Teaching(plan, place.model) { diary.add($0) }.prepare()
        #expect(diary.lines == ["words negative positive", "data"])
        #expect(place.names == ["pool.jsonl", "test.jsonl"])
    }

    @Test func `a prompt that is there is not replaced unasked`() throws {
        let plan = try place.plan()
        _ = try teach(plan)
        let error = #expect(throws: PromptError.self) { try teach(plan) }
        #expect(text(error).contains("exists already"))
        _ = try teach(try place.plan { $0.isReplacing = true })
    }

    @Test func `a task without test rows is refused`() throws {
        let plan = try place.plan { $0.task.test = nil }
        let error = #expect(throws: ExperimentError.self) { try teach(plan) }
        #expect(text(error).contains("'films' has no test rows; give --test FILE"))
    }

    @Test func `settings that make no run are refused before the rows are read`() throws {
        let plan = try place.plan {
            $0.method.learning.steps = 0
            $0.task.pool = place.file("absent.jsonl")
        }
        #expect(throws: PromptError.self) { try Teaching(plan, place.model).prepare() }
    }

    @Test func `a row without a field of the template is named before anything is learned`() throws {
        let plan = try place.plan()
        try place.write(
            "test.jsonl",
            """
            {"text": "a film", "label": "positive"}
            {"title": "a film", "label": "negative"}

            """)
        let error = #expect(throws: ExperimentError.self) { try teach(plan) }
        #expect(text(error).contains("test.jsonl: row 2 has no field 'text', which the template reads"))
    }

    @Test func `a field that no row has is found in the template`() throws {
        let template = try Template("{txt} {answer}")
        let plan = try place.plan { $0.task.template = template }
        let error = #expect(throws: TemplateError.self) { try teach(plan) }
        #expect(text(error).contains("txt") && text(error).contains("text"))
    }

    @Test func `labels without words and labels with too few rows are refused`() throws {
        let plan = try place.plan(test: [(text: "a film", label: "mixed")])
        #expect(text(#expect(throws: DatasetError.self) { try teach(plan) }).contains("mixed"))
        let greedy = try place.plan { $0.perLabel = 6 }
        #expect(
            text(#expect(throws: DatasetError.self) { try teach(greedy) }).contains(
                "'negative' has 10 different rows"))
    }

    @Test func `the process's memory is more than the model's weights`() {
        #expect(ProcessMemory.peakBytes > place.model.weights.byteCount)
    }
}
