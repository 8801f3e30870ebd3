import Datasets
import Experiments
import Foundation
import Models
import Prompts
import Tensors
import Testing

@Suite struct ReadoutTeachingTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func write(_ name: String, _ rows: [String]) throws -> URL {
        try place.write(name, rows.joined(separator: "\n") + "\n")
    }

    static let tagged = Workplace.texts.prefix(12).enumerated().map { index, text in
        let words = text.split(separator: " ")
        let tags = words.indices.map { $0 == 1 ? (index % 2 == 0 ? "\"B-GOOD\"" : "\"B-BAD\"") : "\"O\"" }
        return
            #"{"id": "t\#(index)", "tokens": [\#(words.map { "\"\($0)\"" }.joined(separator: ","))], "tags": [\#(tags.joined(separator: ","))]}"#
    }

    static let tables = Workplace.texts.prefix(12).enumerated().map { index, text in
        #"{"id": "g\#(index)", "source": "word[\#(text)]", "references": ["It is \#(text).", "Here is \#(text)."]}"#
    }

    private func plan(
        _ readout: Readout, _ rows: [String], _ change: (inout ReadoutPlan) -> Void = { _ in }
    ) throws -> ReadoutPlan {
        let pool = try write("pool.jsonl", rows)
        let task = try ReadoutTask(
            name: "mine", readout: readout, pool: pool, dev: try write("dev.jsonl", Array(rows.prefix(4))),
            test: try write("test.jsonl", Array(rows.suffix(5))))
        var settings = PrefixTuning.Settings()
        (settings.rows, settings.steps, settings.evaluationInterval, settings.rate) = (4, 8, 4, .fixed(0.05))
        var plan = ReadoutPlan(task: task, method: .prefixTuning(settings), output: place.file("learned"))
        plan.texts.tokenLimit = 12
        change(&plan)
        return plan
    }

    @Test func `a tagger's report counts rows, kinds and costs, and the prompt is saved`() throws {
        let plan = try plan(.tagger, Self.tagged) { ($0.trainRows, $0.seed) = (7, 2) }
        let diary = Diary()
        let report = try ReadoutTeaching(plan, place.model) { diary.add($0) }.run()
        #expect(report.rows.map(\.name) == ["tags of seen words", "prefix-tuning"])
        #expect(report.rows.allSatisfy { $0.metrics.map(\.metric) == ["entity_f1"] })
        #expect(
            report.trainRows == 7 && report.devRows == 3 && report.testRows == 5 && report.losses.count == 8)
        #expect(
            report.entities?.kinds.map(\.kind).contains("GOOD") == true && report.answersChangedByReload == 0)
        // Keys and values of 4 rows in 2 layers of 2 heads of 8, and a head of 5 tags.
        #expect(report.rows[1].trainedParameters == 4 * 2 * 2 * 16 + 5 * 33)
        let saved = try PromptFolder(plan.output).read(on: CPUBackend.shared)
        #expect(saved.readout == .tagger && saved.manifest.verbalizer.labels.first == "O")
        #expect(place.names == ["dev.jsonl", "learned", "pool.jsonl", "test.jsonl"])
        #expect(diary.lines.contains("step 8 of 8"))
        let again = try JSONDecoder().decode(ReadoutReport.self, from: JSONEncoder().encode(report))
        #expect(again.losses == report.losses)
    }

    @Test func `a writer is compared with its template, by five metrics over all references`() throws {
        let report = try ReadoutTeaching(try plan(.text, Self.tables), place.model).run()
        #expect(report.rows.map(\.name) == ["zero-shot", "prefix-tuning"])
        #expect(report.rows[1].metrics.map(\.metric) == ["bleu", "nist", "rouge_l", "cider_d", "chrf"])
        #expect(report.samples.allSatisfy { $0.expected.count == 2 })
    }

    @Test func `the same seed gives the same run, and a smaller draw is part of a larger one`() throws {
        let first = try ReadoutTeaching(try plan(.tagger, Self.tagged) { $0.trainRows = 5 }, place.model)
            .run()
        let second = try ReadoutTeaching(
            try plan(.tagger, Self.tagged) { ($0.trainRows, $0.isReplacing) = (5, true) }, place.model
        ).run()
        #expect(first.losses == second.losses)
    }

    @Test(arguments: [
        (Readout.tagger, #"{"tokens": ["a", "b"], "tags": ["O"]}"#, "has 2 tokens but 1 tags"),
        (.text, #"{"source": "word[x]", "references": []}"#, "has no text in the field 'references'"),
    ])
    func `test rows are looked at before anything is trained`(
        _ readout: Readout, _ row: String, _ expected: String
    ) throws {
        let rows = readout == .tagger ? Self.tagged : Self.tables
        let plan = try plan(readout, rows)
        _ = try write("test.jsonl", Array(rows.suffix(2)) + [row])
        let diary = Diary()
        let error = #expect(throws: PromptError.self) {
            try ReadoutTeaching(plan, place.model) { diary.add($0) }.run()
        }
        #expect(
            error.map { "\($0)" }?.contains("row 3 of 'test.jsonl' " + expected) == true, "\(error as Any)")
        #expect(!diary.lines.contains { $0.hasPrefix("step") })
    }

    @Test func `rows that are not there, repeated rows and tags that nobody learned are told`() throws {
        let tooMany = try plan(.tagger, Self.tagged) { $0.trainRows = 13 }
        let error = #expect(throws: PromptError.self) { try ReadoutTeaching(tooMany, place.model).run() }
        #expect(error.map { "\($0)" }?.contains("at most the pool's 12") == true)
        let plan = try plan(.tagger, Self.tagged)
        let new = #"{"tokens": ["a", "b"], "tags": ["O", "B-NEW"]}"#
        _ = try write("test.jsonl", Array(Self.tagged.suffix(2)) + [new])
        let diary = Diary()
        _ = try ReadoutTeaching(plan, place.model) { diary.add($0) }.run()
        #expect(diary.lines.contains { $0.hasPrefix("warning 2 of the 3 test rows are train rows too") })
        #expect(
            diary.lines.contains {
                $0.hasPrefix("warning the test rows have tags") && $0.hasSuffix(": B-NEW")
            })
    }

    @Test func `what is missing is said before anything is trained`() throws {
        #expect(throws: ExperimentError.self) {
            var plan = try plan(.tagger, Self.tagged)
            plan.task.test = nil
            _ = try ReadoutTeaching(plan, place.model).run()
        }
        #expect(throws: ExperimentError.self) {
            try ReadoutTask(name: "x", readout: .verbalizer, pool: place.file("pool.jsonl"))
        }
        try FileManager.default.createDirectory(at: place.file("task"), withIntermediateDirectories: true)
        try place.write("task/task.json", #"{"name": "n", "kind": "classification"}"#)
        #expect(ReadoutTask.readout(ofFolder: place.file("task")) == nil)
        #expect(throws: ExperimentError.self) { try ReadoutTask(folder: place.file("task")) }
    }
}
