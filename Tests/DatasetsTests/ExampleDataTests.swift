import Datasets
import Foundation
import Testing

@Suite struct ExampleDataTests {
    private struct Described: Decodable {
        let name, template, licence: String
        let labels: [String]
        let words: [String: [String]]
        let metric: Metric
    }

    @Test(arguments: ["reviews", "sib200_en", "sib200_ko", "nsmc", "names"])
    func `the example data reads, splits and has no leak`(_ name: String) throws {
        let folder = Golden.root.appending(path: "Examples/Data/\(name)")
        let task = try JSONDecoder().decode(
            Described.self, from: Data(contentsOf: folder.appending(path: "task.json")))
        let mapping = RowMapping(labels: task.labels, reads: name == "names" ? ["text", "entity"] : ["text"])
        let pool = try Dataset(contentsOf: folder.appending(path: "pool.jsonl"), mapping: mapping)
        let test = try Dataset(contentsOf: folder.appending(path: "test.jsonl"), mapping: mapping)
        #expect(
            task.name == name && Set(task.words.keys) == Set(task.labels)
                && task.template.contains("{answer}"))
        #expect(test.examples.count == 200 && pool.labels == task.labels)
        #expect(try FewShotSplit(pool, perLabel: 16, seed: 0).train.examples.count == 16 * task.labels.count)
        let report = DataReport([("train", pool)], test: try LockedTest(test))
        #expect(!report.findings.contains { $0.kind == .exactDuplicates || $0.kind == .conflictingLabels })
    }
}
