import Datasets
import Experiments
import Foundation
import Prompts
import Testing

@Suite struct TaskSourceTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private static var whole: [String: Any] {
        [
            "name": "films", "labels": ["positive", "negative"], "template": "{text} It was {answer}.",
            "words": ["negative": "terrible", "positive": ["great", "good"]] as [String: Any],
        ]
    }

    /// A task folder whose description is changed.
    private func source(
        _ changes: [String: Any?] = [:], template: Template? = nil, verbalizer: Verbalizer? = nil
    ) throws -> TaskSource {
        let values = Self.whole.merging(changes.compactMapValues { $0 }) { $1 }
            .filter { !changes.keys.contains($0.key) || (changes[$0.key] ?? nil) != nil }
        try JSONSerialization.data(withJSONObject: values).write(to: place.file("task.json"))
        if !place.names.contains("pool.jsonl") { try place.write("pool.jsonl", Workplace.rows()) }
        return try TaskSource(folder: place.folder, template: template, verbalizer: verbalizer)
    }

    private func refusal(_ changes: [String: Any?]) -> String {
        let error = #expect(throws: ExperimentError.self) { try source(changes) }
        return error?.description ?? ""
    }

    @Test func `a folder says everything about a task`() throws {
        try place.write("test.jsonl", Workplace.rows())
        let source = try source()
        #expect(source.name == "films" && source.metric == .accuracy)
        #expect(source.template.source == "{text} It was {answer}.")
        #expect(source.verbalizer.labels == ["positive", "negative"])
        #expect(source.verbalizer.words(for: "positive") == ["great", "good"])
        #expect(
            source.pool.lastPathComponent == "pool.jsonl" && source.test?.lastPathComponent == "test.jsonl")
        let rows = try source.rows(source.pool)
        #expect(rows.examples.count == 20 && rows.labels == ["positive", "negative"] && rows.name == "films")
        #expect(try source.rows(source.pool, limit: 3).examples.count == 3)
        let task = source.promptTask(limit: 99)
        #expect(task.limit == 99 && task.name == "films" && task.template == source.template)
    }

    @Test func `what may be left out has a meaning`() throws {
        let source = try source([
            "name": nil, "labels": nil, "metric": "macro_f1", "template": "{text} It was",
        ])
        #expect(source.name == place.folder.lastPathComponent && source.test == nil)
        #expect(source.verbalizer.labels == ["negative", "positive"])
        #expect(source.metric == .macroF1)
        #expect(source.template.source == "{text} It was{answer}")
    }

    @Test(arguments: ["{text} {answer}", "{text} { answer }", "{answers} {answer}"])
    func `an answer slot is found however it is written`(_ template: String) throws {
        #expect(try source(["template": template]).template.source == template)
    }

    @Test func `a field whose name begins as the slot does is no slot`() throws {
        #expect(try source(["template": "{answers}:"]).template.source == "{answers}:{answer}")
    }

    @Test func `a template and words that are given win over the folder's`() throws {
        let source = try source(
            ["template": nil, "words": nil], template: Template("{text}? {answer}"),
            verbalizer: Verbalizer(["negative": ["no"], "positive": ["yes"]]))
        #expect(
            source.template.source == "{text}? {answer}"
                && source.verbalizer.labels == ["negative", "positive"])
        #expect(source.mapping.labels == ["negative", "positive"])
    }

    @Test func `the training rows may be called train`() throws {
        try place.write("train.jsonl", Workplace.rows())
        try place.write("pool.jsonl", "")
        #expect(try source().pool.lastPathComponent == "pool.jsonl")
        try FileManager.default.removeItem(at: place.file("pool.jsonl"))
        try place.write("task.json", #"{"template": "{text} {answer}", "words": {"a": "good", "b": "bad"}}"#)
        #expect(try TaskSource(folder: place.folder).pool.lastPathComponent == "train.jsonl")
    }

    @Test func `the files of rows may have other names`() throws {
        try place.write("mine.jsonl", Workplace.rows())
        try place.write("held-out.jsonl", Workplace.rows())
        let source = try source(["pool": "mine.jsonl", "test": "held-out.jsonl"])
        #expect(
            source.pool.lastPathComponent == "mine.jsonl"
                && source.test?.lastPathComponent == "held-out.jsonl")
        #expect(
            refusal(["test": "absent.jsonl"]).contains("it names 'absent.jsonl', which is not in the folder"))
    }

    // MARK: Errors

    @Test func `a folder without a description is refused`() {
        let error = #expect(throws: ExperimentError.self) { try TaskSource(folder: place.folder) }
        #expect(error?.description.contains("task.json is missing; a task folder holds") == true)
    }

    @Test(arguments: ["", "{", "[]", "5", #"{"name": 5}"#, #"{"words": {"a": 5}}"#])
    func `a description that is not one is refused`(_ text: String) throws {
        try place.write("task.json", text)
        try place.write("pool.jsonl", Workplace.rows())
        let error = #expect(throws: ExperimentError.self) { try TaskSource(folder: place.folder) }
        #expect(error?.description.contains("task.json: ") == true)
    }

    @Test func `a missing template, missing words and a label without words are named`() {
        #expect(refusal(["template": nil]).contains("the key 'template' is missing; give --template"))
        #expect(refusal(["words": nil]).contains("the key 'words' is missing; give --words"))
        #expect(refusal(["words": ["positive": "great"]]).contains("no words for negative"))
        #expect(
            refusal(["labels": ["positive"]]).contains(
                "words for negative, which the key 'labels' does not list"))
    }

    @Test func `a folder without rows is refused`() throws {
        try place.write("task.json", #"{"template": "{text} {answer}", "words": {"a": "good", "b": "bad"}}"#)
        let error = #expect(throws: ExperimentError.self) { try TaskSource(folder: place.folder) }
        #expect(error?.description.contains("it has neither pool.jsonl nor train.jsonl") == true)
    }

    @Test func `templates, words and metrics that break their rules have those rules' errors`() {
        #expect(throws: TemplateError.self) { try source(["template": "{text"]) }
        #expect(throws: TemplateError.self) { try source(["template": "{answer} {answer}"]) }
        #expect(throws: VerbalizerError.self) {
            try source(["words": ["negative": "good", "positive": ["good"]] as [String: Any]])
        }
        #expect(throws: VerbalizerError.self) {
            try source(["words": ["negative": "bad", "positive": [String]()] as [String: Any]])
        }
        #expect(throws: VerbalizerError.self) {
            try source(["labels": ["positive", "positive", "negative"]])
        }
        #expect(throws: DatasetError.self) { try source(["metric": "beauty"]) }
    }

    @Test func `a gate that is none says how to write one`() {
        #expect(ExperimentError.badGate("acc").description.contains("such as accuracy>=0.85"))
    }
}
