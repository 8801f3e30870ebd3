import Datasets
import Experiments
import Foundation
import GRDB
import Models
import Prompts
import Synchronization
import Tensors
import TestSupport
import Training

/// A folder of its own for one test, with the tiny model of Oracles/command_line/tiny_model.py.
final class Workplace: Sendable {
    /// Short texts, five tokens or so.
    static let texts = [
        "gem", "joy", "hit", "win", "peak", "star", "feast", "treat", "gift", "dream", "mess", "bore", "flop",
        "loss",
        "low", "dud", "waste", "drag", "curse", "bomb",
    ].map { "a \($0) of a film" }

    let folder: URL
    let model: PretrainedModel

    init() throws {
        folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("cloze-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        model = try PretrainedModel(
            contentsOf: Golden.folder.appendingPathComponent("command_line/model"), on: CPUBackend.shared)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> URL {
        try Data(text.utf8).write(to: file(name))
        return file(name)
    }

    /// Rows of texts and labels as JSON lines.
    @discardableResult
    func write(_ name: String, _ rows: [(text: String, label: String)]) throws -> URL {
        try write(name, rows.map { "{\"text\": \"\($0.text)\", \"label\": \"\($0.label)\"}\n" }.joined())
    }

    /// Changes a store behind its back.
    func sqlite(_ file: URL, _ statement: String) throws {
        try DatabaseQueue(path: file.path).write { try $0.execute(sql: statement) }
    }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    /// The texts with labels: the first half positive, the second negative.
    static func rows(_ lead: String = "") -> [(text: String, label: String)] {
        texts.enumerated().map { (lead + $1, $0 < texts.count / 2 ? "positive" : "negative") }
    }

    static func task(_ folder: Workplace, test: URL?) throws -> TaskSource {
        try TaskSource(
            name: "films", template: Template("{text} It was {answer}."),
            verbalizer: Verbalizer(["negative": ["terrible"], "positive": ["great"]]),
            pool: folder.file("pool.jsonl"), test: test)
    }

    /// A plan over a pool of all texts and these test rows, a few quick steps long.
    func plan(
        test: [(text: String, label: String)] = Workplace.rows("the last word on "),
        _ change: (inout TeachingPlan) -> Void = { _ in }
    ) throws -> TeachingPlan {
        try write("pool.jsonl", Self.rows())
        var plan = TeachingPlan(
            task: try Self.task(self, test: try write("test.jsonl", test)), output: file("learned"))
        plan.perLabel = 4
        var settings = PromptTuning.Settings()
        (settings.rows, settings.steps, settings.evaluationInterval) = (4, 12, 4)
        settings.rate = .fixed(0.05)
        plan.method = .promptTuning(settings)
        change(&plan)
        return plan
    }

    /// The answers to texts, with a saved prompt or without training.
    func answers(_ texts: [String], _ plan: TeachingPlan, trained: Bool) throws -> [String] {
        let prompt =
            trained
            ? try PromptFolder(plan.output).read(on: CPUBackend.shared)
            : try Prompt.hard(plan.task.promptTask(limit: plan.limit), model)
        let examples = texts.map { Example(fields: ["text": $0]) }
        return try Predictor([prompt], model).predict(examples, with: prompt.id).map(\.label)
    }
}

/// What a run told, in order.
final class Diary: Sendable {
    private let entries = Mutex<[String]>([])

    var lines: [String] { entries.withLock { $0 } }

    func add(_ event: TeachingEvent) {
        let line =
            switch event {
            case .data: "data"
            case .words(let words): "words \(words.labels.joined(separator: " "))"
            case .stage(let name, _): "stage \(name)"
            case .progress: "progress"
            case .method(.step(let report, let total)): "step \(report.step) of \(total)"
            case .method(.evaluation): "evaluation"
            case .saving: "saving"
            case .answers: "answers"
            case .method(.trainable): "trainable"
            case .method(.rate): "rate"
            case .method(.wentOn(let step, _, _)): "went on from \(step)"
            case .method(.chosen(let step, _)): "chosen \(step)"
            case .method(.warning(let text)), .warning(let text): "warning \(text)"
            }
        entries.withLock { $0.append(line) }
    }
}
