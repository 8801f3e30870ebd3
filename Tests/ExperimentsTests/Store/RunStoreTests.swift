import Datasets
import Experiments
import Foundation
import Prompts
import Testing

@Suite struct RunStoreTests {
    private let place: Workplace
    private var file: URL { place.file("kept/runs.sqlite") }

    init() throws { place = try Workplace() }

    private func description(_ name: String = "films", kind: String = "train") -> RunDescription {
        RunDescription(
            kind: kind, name: name, command: ["train", "--task", "x y"], settings: #"{"seed":0}"#,
            manifest: EnvironmentManifest(version: "1.2.3", place.model, data: []))
    }

    private struct Report: Codable { var value = 0.5 }

    private var answers: (rows: Dataset, predictions: [Prediction]) {
        get throws {
            let examples = [
                Example(fields: ["text": "a"], label: "x", id: "r1"),
                Example(fields: ["text": "b"], label: "y"),
            ]
            let text = """
                {"label": "x", "probabilities": [0.75, 0.25], "labels": ["x", "y"], "tokensCut": 3, "examplesShown": 0,
                 "examplesDropped": 0, "isWithheld": false}
                """
            let answer = try JSONDecoder().decode(Prediction.self, from: Data(text.utf8))
            return (try Dataset(name: "d", labels: ["x", "y"], examples: examples), [answer, answer])
        }
    }

    @Test func `what is kept is found again after the store is opened anew`() throws {
        let id: String
        do {
            let store = try RunStore(file)
            let recorder = try RunRecorder(store, description())
            id = recorder.id
            #expect(try store.run(named: "last").standing == "running")
            let (rows, predictions) = try answers
            recorder.add(predictions, to: rows)
            recorder.add(artifact: "rows", at: try place.write("some.txt", "abc"))
            try recorder.finish(metric: "accuracy", value: 0.5, report: Report())
        }
        let store = try RunStore.reading(file)
        let run = try store.run(named: id)
        #expect(run.standing == "finished" && run.value == 0.5 && run.metric == "accuracy")
        #expect(run.command == ["train", "--task", "x y"] && run.manifest.version == "1.2.3")
        #expect(run.report == #"{"value":0.5}"# && run.seconds ?? -1 >= 0)
        let kept = try store.predictions(of: id)
        #expect(kept.map(\.name) == ["r1", "row 2"] && kept.map(\.expected) == ["x", "y"])
        #expect(kept[0].probabilities == [0.75, 0.25] && kept[0].tokensCut == 3)
        let artifact = try #require(try store.artifacts(of: id).first)
        #expect(artifact.bytes == 3)
        #expect(artifact.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `a run is named by its beginning if only one begins so`() throws {
        let store = try RunStore(file)
        let first = try RunRecorder(store, description())
        let second = try RunRecorder(store, description())
        #expect(try store.run(named: first.id).id == first.id)
        #expect(throws: RunStoreError.self) { try store.run(named: String(first.id.prefix(4))) }
        #expect(throws: RunStoreError.self) { try store.run(named: "nothing") }
        #expect(throws: RunStoreError.self) { try store.run(named: "%") }
        #expect(Set(try store.runs().map(\.id)) == [first.id, second.id])
    }

    @Test func `a failed run says why, a stopped one that it was stopped`() throws {
        let store = try RunStore(file)
        let failed = try RunRecorder(store, description())
        failed.fail(ExperimentError.missingTask("x"))
        #expect(try store.run(named: failed.id).failure?.contains("x is missing") == true)
        let stopped = try RunRecorder(store, description())
        stopped.fail(CancellationError())
        #expect(try store.run(named: stopped.id).standing == "stopped")
    }

    @Test func `removed runs are gone with all that was kept of them, running ones stay`() throws {
        let store = try RunStore(file)
        let recorder = try RunRecorder(store, description())
        let (rows, predictions) = try answers
        recorder.add(predictions, to: rows)
        #expect(throws: RunStoreError.self) { try store.remove([store.run(named: recorder.id)]) }
        try recorder.finish(report: Report())
        try store.remove([store.run(named: recorder.id)])
        #expect(try store.runs().isEmpty && store.predictions(of: recorder.id).isEmpty)
    }

    @Test func `two stores on one file write by turns and lose nothing`() async throws {
        let file = file
        let description = description()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let store = try RunStore(file)
                    for _ in 0..<8 { try RunRecorder(store, description).finish(report: Report()) }
                }
            }
            try await group.waitForAll()
        }
        let runs = try RunStore(file).runs()
        #expect(runs.count == 48 && runs.allSatisfy { $0.standing == "finished" })
    }

    @Test func `a store of a later version is refused for writing and for reading`() throws {
        _ = try RunStore(file)
        try place.sqlite(file, "INSERT INTO grdb_migrations (identifier) VALUES ('from the future')")
        for open in [{ try RunStore($0) }, { try RunStore.reading($0) }] as [(URL) throws -> RunStore] {
            #expect { try open(file) } throws: { error in
                guard case RunStoreError.laterVersion(_, let unknown) = error else { return false }
                return unknown == ["from the future"] && "\(error)".contains("later version of cloze")
            }
        }
    }

    @Test func `what is no store is refused and left as it is`() throws {
        let text = try place.write("notes.txt", String(repeating: "no database at all\n", count: 100))
        #expect(throws: RunStoreError.self) { try RunStore(text) }
        #expect(throws: RunStoreError.self) { try RunStore.reading(text) }
        #expect(try String(contentsOf: text, encoding: .utf8).hasPrefix("no database"))
        #expect(throws: RunStoreError.self) { try RunStore.reading(place.file("absent.sqlite")) }
        // A file where the folder should be.
        #expect(throws: RunStoreError.self) { try RunStore(text.appendingPathComponent("runs.sqlite")) }
    }

    @Test func `steps are found in order with their dev scores`() throws {
        let store = try RunStore(file)
        let plan = try place.plan()
        let recorder = try RunRecorder(store, description())
        _ = try Teaching(plan, place.model) { recorder.add($0) }.run()
        try recorder.finish(report: Report())
        let steps = try store.steps(of: recorder.id)
        #expect(steps.map(\.step) == Array(1...12))
        #expect(steps.filter { $0.dev != nil }.map(\.step) == [4, 8, 12])
        #expect(steps.allSatisfy { ($0.loss ?? 0) > 0 && ($0.rate ?? -1) >= 0 })
        #expect(try store.predictions(of: recorder.id).count == 20)
    }

    @Test func `two runs that are the same have no difference, others have it with names`() throws {
        let store = try RunStore(file)
        func run(_ seed: UInt64) throws -> RunRecord {
            let plan = try place.plan { ($0.seed, $0.isReplacing) = (seed, true) }
            var told = description()
            told.settings = plan.settings
            let recorder = try RunRecorder(store, told)
            let report = try Teaching(plan, place.model) { recorder.add($0) }.run()
            try recorder.finish(metric: report.metric, value: report.rows.last?.value, report: report)
            return try store.run(named: recorder.id)
        }
        let (first, second, other) = (try run(0), try run(0), try run(1))
        let same = try RunDifference(first, second, in: store)
        #expect(same.isSame && same.settings.isEmpty && same.environment.isEmpty)
        #expect(same.steps == 12 && same.answers == 20 && same.probabilityOfChance == 1)
        let different = try RunDifference(first, other, in: store)
        #expect(!different.isSame && different.settings.map(\.name) == ["seed"])
        #expect(different.numbers.contains { $0.name == "step 1" } && different.largestLossDifference > 0)
    }
}
