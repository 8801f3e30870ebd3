import Datasets
import Experiments
import Foundation
import Prompts
import TestSupport
import Testing

@Suite struct ExperimentSettingsTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func read(_ text: String, _ overrides: [String] = [], name: String = "file.yaml") throws
        -> ExperimentSettings
    {
        try ExperimentSettings(contentsOf: try place.write(name, text), overrides: overrides)
    }

    private func fault(_ text: String, _ overrides: [String] = []) -> String {
        do {
            _ = try read(text, overrides)
            return "nothing was refused"
        } catch { return "\(error)" }
    }

    @Test func `an unknown key is refused with its line and the key that was probably meant`() {
        let said = fault("model: m\nmethods:\n  prompt-tuning:\n    soft-rws: 20\n")
        #expect(
            said.contains(
                "file.yaml, line 4: there is no key 'methods.prompt-tuning.soft-rws'; did you mean 'soft-rows'?"
            ))
        #expect(fault("modle: m\n").contains("line 1: there is no key 'modle'; did you mean 'model'?"))
        #expect(fault("data:\n  tsak: x\n").contains("did you mean 'task'?"))
        #expect(fault("methods: [zero-shot, prompttuning]\n").contains("did you mean 'prompt-tuning'?"))
        #expect(fault("xyzzy: 1\n").contains("'cloze explain' lists all keys"))
    }

    @Test func `a value of the wrong kind is refused with its line and what is allowed`() {
        #expect(
            fault("model: m\ndata:\n  limit: many\n").contains(
                "line 3: 'data.limit' is \"many\", but must be a whole number from 1 to 1000000"))
        #expect(fault("budget: soon\n").contains("a time such as 90s, 20m or 1h30m"))
        #expect(fault("seeds: 3..1\n").contains("'seeds'"))
        #expect(fault("method:\n  rate: fast\n").contains("automatic*3"))
        #expect(fault("model: [a, b]\n").contains("'model' is [\"a\", \"b\"], but must be a text"))
        #expect(fault("data: reviews\n").contains("'data' holds keys, not 'reviews'"))
    }

    @Test func `what is no YAML, stands twice or is nested without end is refused with its line`() {
        #expect(fault("model: m\n  budget: 1m\n").contains("line 2"))
        #expect(fault("model: m\nmodel: n\n").contains("stands there twice"))
        #expect(
            fault("shots: " + String(repeating: "[", count: 5_000)).contains("nested more than 100 levels"))
        #expect(fault(String(repeating: "- ", count: 5_000) + "x").contains("nested more than 100 levels"))
        #expect(fault("just a text\n").contains("write keys with values"))
        #expect(fault("a: &x [1, 2]\n").contains("there is no key 'a'"))
        #expect(fault(String(repeating: "# much\n", count: 20_000)).contains("64 KiB"))
    }

    @Test func `a file that is not there is said`() {
        #expect(throws: ExperimentError.self) { try ExperimentSettings(contentsOf: place.file("none.yaml")) }
    }

    @Test func `JSON says the same as YAML`() throws {
        let yaml = try read("model: m\nshots: [4, 16]\nmethods:\n  lora:\n    rank: [4, 8]\n")
        let json = try read(
            #"{"model": "m", "shots": [4, 16], "methods": {"lora": {"rank": [4, 8]}}}"#, name: "file.json")
        #expect(yaml.printed == json.printed)
        #expect(yaml.printed == "model: m\nshots: [4, 16]\nmethods:\n  lora:\n    rank: [4, 8]\n")
    }

    @Test func `overrides win over the file, and a setting does not choose its method`() throws {
        let text = "model: m\nmethod:\n  steps: 10\nmethods: [zero-shot, lora]\n"
        let settings = try read(
            text, ["method.steps=50", "methods.lora.rank=4", "methods.lora.rank=[2, 3]", "seeds=0..1"])
        #expect(
            settings.printed
                == "model: m\nseeds: [0, 1]\nmethod:\n  steps: [50]\nmethods:\n  zero-shot: {}\n  lora:\n    rank: [2, 3]\n"
        )
        let all = try read("model: m\n", ["methods.lora.rank=4"])
        #expect(!all.printed.contains("zero-shot"))
        #expect(try read(text, ["methods=p-tuning"]).printed.contains("methods:\n  p-tuning: {}\n"))
        #expect(
            fault(text, ["method.stepz=50"]).contains(
                "--set method.stepz=50: there is no key 'method.stepz'; did you mean 'steps'?"))
        #expect(fault(text, ["steps"]).contains("write KEY=VALUE"))
        #expect(fault(text, ["data.limit="]) == "nothing was refused")
    }

    @Test func `paths of a file begin at its folder`() throws {
        let settings = try read("data:\n  pool: rows/pool.jsonl\n  test: /elsewhere/test.jsonl\n")
        #expect(settings.printed.contains("\(place.folder.path)/rows/pool.jsonl"))
        #expect(settings.printed.contains("\"/elsewhere/test.jsonl\""))
    }

    @Test(arguments: ExperimentKey.all.map(\.path))
    func `the example of a key is accepted, and so is its printed form`(path: String) throws {
        let key = try #require(ExperimentKey.all.first { $0.path == path })
        let settings = try ExperimentSettings(contentsOf: nil, overrides: ["\(path)=\(key.example)"])
        let text = settings.printed
        // A setting of a method by an override chooses no method, and is printed where one is chosen.
        if !path.hasPrefix("methods.") { #expect(text.contains(path.split(separator: ".").last ?? "")) }
        #expect(!key.summary.isEmpty && !key.standard.isEmpty)
        #expect(try read(text).printed == text)
    }

    @Test func `every key is named once`() {
        let paths = ExperimentKey.all.map(\.path)
        #expect(Set(paths).count == paths.count)
    }

    @Test func `a key is explained by its path, its beginning and its last word`() throws {
        #expect(try ExperimentKey.explain("data.limit").map(\.path) == ["data.limit"])
        #expect(
            try ExperimentKey.explain("methods.calibrated").map(\.path) == ["methods.calibrated.correction"])
        #expect(try ExperimentKey.explain("lora").contains { $0.path == "methods.lora.rank" })
        #expect(try ExperimentKey.explain("rank").map(\.path) == ["methods.lora.rank"])
        #expect(try ExperimentKey.explain(nil).count == ExperimentKey.all.count)
        let explanation = try #require(try ExperimentKey.explain("budget").first).explanation
        for part in ["budget", "default  none", "example  budget: 20m", "1h30m"] {
            #expect(explanation.contains(part))
        }
        #expect { try ExperimentKey.explain("limt") } throws: { "\($0)".contains("did you mean 'limit'?") }
    }

    @Test(arguments: [("90s", 90.0), ("20m", 1200), ("1h30m", 5400), ("0.5h", 1800), ("1h1m1s", 3661)])
    func `times are read`(text: String, seconds: Double) { #expect(TimeText(text)?.seconds == seconds) }

    @Test(arguments: ["", "20", "m", "1m1h", "1m1m", "0s", "-1m", "1e400h", "20 m", "1..2m"])
    func `what is no time is refused`(text: String) { #expect(TimeText(text) == nil) }

    @Test func `times are written in two units`() {
        #expect(
            [0.04, 7.26, 59.6, 60, 125, 3600, 5430].map(TimeText.written)
                == ["0.0s", "7.3s", "60s", "1m", "2m 5s", "1h", "1h 30m"])
    }

    @Test(arguments: [
        ("automatic", LearningRate.automatic), ("automatic*3", .automaticTimes(3)),
        ("range-test", .rangeTest),
        ("0.01", .fixed(0.01)),
    ])
    func `rates are read`(text: String, rate: LearningRate) { #expect(RateText(text)?.rate == rate) }

    @Test(arguments: ["fast", "automatic*", "automatic*0", "-1", "0", "inf", "nan"])
    func `what is no rate is refused`(text: String) { #expect(RateText(text) == nil) }
}

@Suite struct ExperimentTests {
    private static let folder = Golden.folder.appendingPathComponent("../../Examples/Experiments")
        .standardizedFileURL

    @Test(arguments: [
        "which-to-ship", "prompt-length", "deep-against-shallow", "rows-curve", "searched-against-written",
        "korean-topics", "prompt-depth",
    ])
    func `the example files are sound`(name: String) throws {
        let file = Self.folder.appendingPathComponent(name + ".yaml")
        let settings = try ExperimentSettings(contentsOf: file, overrides: ["model=m"])
        let experiment = try Experiment(settings)
        let candidates = try experiment.candidates(isCausal: true)
        #expect(candidates.first?.way == .zeroShot)
        #expect(candidates.map(\.way) == candidates.map(\.way).sorted())
        #expect(Set(candidates.map(\.name)).count == candidates.count)
        let pool = try experiment.task.rows(experiment.task.pool)
        for seed in experiment.seeds {
            _ = try FewShotSplit(pool, perLabel: try #require(experiment.shots.last), seed: seed)
        }
    }

    private func experiment(_ text: String) throws -> Experiment {
        let place = try Workplace()
        let task = Self.folder.appendingPathComponent("../Data/reviews").standardizedFileURL.path
        let file = try place.write("e.yaml", "model: m\ndata: {task: \(task)}\n" + text)
        return try Experiment(ExperimentSettings(contentsOf: file))
    }

    @Test func `every method has its own learning rates in a race, and one without`() throws {
        let race = try experiment("budget: 5m\nmethods: [zero-shot, lora]\n").candidates(isCausal: true)
        #expect(
            race.map(\.name) == [
                "zero-shot", "lora (rate automatic)", "lora (rate automatic*3)", "lora (rate automatic*0.3)",
            ])
        let run = try experiment("methods: [zero-shot, lora]\n").candidates(isCausal: true)
        #expect(run.map(\.name) == ["zero-shot", "lora"])
        let own = try experiment("budget: 5m\nmethods: {lora: {rate: 0.01}}\n").candidates(isCausal: true)
        #expect(own.map(\.name) == ["lora"])
    }

    @Test func `all methods are compared where none is named, those that the model cannot do left out`()
        throws
    {
        let causal = try experiment("").candidates(isCausal: true)
        #expect(Set(causal.map(\.way)) == Set(WayOfPrompting.allCases).subtracting([.patterns]))
        let masked = try experiment("").candidates(isCausal: false)
        #expect(!masked.contains { $0.way == .fewShot } && masked.count < causal.count)
        #expect(throws: ExperimentError.self) {
            try experiment("methods: few-shot\n").candidates(isCausal: false)
        }
        #expect(throws: ExperimentError.self) {
            try experiment("methods: patterns\n").candidates(isCausal: true)
        }
    }

    @Test func `lists of settings are candidates in every combination`() throws {
        let grid = try experiment("method: {steps: [10, 20]}\nmethods: {lora: {rank: [2, 4]}}\n").candidates(
            isCausal: true)
        #expect(
            grid.map(\.variant) == [
                "steps 10, rank 2", "steps 10, rank 4", "steps 20, rank 2", "steps 20, rank 4",
            ])
        guard case .training(let choice) = grid[3].recipe, case .lora(let settings) = choice else {
            Issue.record("no LoRA")
            return
        }
        #expect(settings.rank == 4 && settings.steps == 20)
    }

    @Test func `without rows only what needs none is left`() throws {
        let none = try experiment("shots: 0\n").candidates(isCausal: true)
        #expect(none.map(\.name) == ["zero-shot", "calibrated (contextual)"])
    }
}
