import Datasets
import Testing

@Suite struct FewShotSplitTests {
    @Test func `rows drawn agree with a second implementation, so seeds hold across machines and releases`()
        throws
    {
        let golden = try Golden.read("metrics.json", as: MetricGoldens.self).splits
        let rows = golden.rows.enumerated().map { Example(fields: ["text": "row \($0)"], label: $1) }
        let dataset = try Dataset(name: "rows", labels: golden.labels, examples: rows)
        for expected in golden.cases {
            let seed = try #require(UInt64(expected.seed))
            let split = try FewShotSplit(dataset, perLabel: expected.per_label, seed: seed)
            #expect(split.trainRows == expected.train)
            #expect(split.devRows == expected.dev)
            #expect(split.train.examples == expected.train.map { rows[$0] })
        }
    }

    @Test func `a larger dev is drawn where it is asked for, apart from train, and said to be larger`() throws
    {
        let split = try FewShotSplit(dataset(20), perLabel: 3, devPerLabel: 9, seed: 3)
        #expect(split.train.examples.count == 6 && split.dev.examples.count == 18 && split.perLabel == 3)
        #expect(Set(split.trainRows).isDisjoint(with: split.devRows))
        #expect(split.devWarning?.contains("18 dev rows") == true)
        let usual = try FewShotSplit(dataset(20), perLabel: 3, seed: 3)
        #expect(usual.devWarning == nil && usual.trainRows == split.trainRows)
        #expect(Set(usual.devRows).isSubset(of: split.devRows))
        #expect(try FewShotSplit(dataset(20), perLabel: 3, devPerLabel: 2, seed: 3).devWarning == nil)
        #expect(throws: DatasetError.tooFewRows(label: "a", found: 20, needed: 21)) {
            try FewShotSplit(dataset(20), perLabel: 3, devPerLabel: 18, seed: 3)
        }
        #expect(throws: DatasetError.badCount(0)) {
            try FewShotSplit(dataset(20), perLabel: 3, devPerLabel: 0, seed: 3)
        }
    }

    @Test(arguments: [1, 3, 10]) func `both sides are balanced, of one size and apart`(_ perLabel: Int) throws
    {
        let split = try FewShotSplit(dataset(20), perLabel: perLabel, seed: 3)
        for side in [split.train, split.dev] {
            for label in ["a", "b"] { #expect(side.examples.count { $0.label == label } == perLabel) }
        }
        #expect(Set(split.trainRows).isDisjoint(with: split.devRows))
        #expect(split.train.labels == ["a", "b"])
    }

    @Test func `a smaller split lies within a larger one of the same seed`() throws {
        let (small, large) = try (
            FewShotSplit(dataset(40), perLabel: 4, seed: 9), FewShotSplit(dataset(40), perLabel: 16, seed: 9)
        )
        #expect(Set(small.trainRows).isSubset(of: large.trainRows))
        #expect(Set(small.devRows).isSubset(of: large.devRows))
    }

    @Test func `another seed draws other rows`() throws {
        let draws = try (0..<5).map { try FewShotSplit(dataset(40), perLabel: 4, seed: $0).trainRows }
        #expect(Set(draws).count == 5)
    }

    @Test func `texts that say the same are drawn once, in either Unicode form`() throws {
        let texts = ["가나", "\u{1100}\u{1161}\u{1102}\u{1161}", " 가나 ", "다라", "마바"]
        let data = try Dataset(name: "ko", examples: texts.map { Example(fields: ["text": $0], label: "x") })
        #expect(throws: DatasetError.tooFewRows(label: "x", found: 3, needed: 4)) {
            try FewShotSplit(data, perLabel: 2, seed: 0)
        }
        #expect(try FewShotSplit(data, perLabel: 1, seed: 0).train.examples.count == 1)
    }

    @Test func `a label with too few rows is named, with what there is and what is needed`() throws {
        let rows = (0..<9).map { Example(fields: ["text": "\($0)"], label: $0 < 6 ? "a" : "b") }
        let error = #expect(throws: DatasetError.self) {
            try FewShotSplit(Dataset(name: "rows", examples: rows), perLabel: 3, seed: 0)
        }
        #expect(error == .tooFewRows(label: "b", found: 3, needed: 6))
        #expect(error?.description.contains("'b' has 3 different rows and 6 are needed") == true)
    }

    @Test func `no labels and no rows a label are refused`() throws {
        let plain = try Dataset(name: "plain", examples: [Example(fields: ["text": "x"])])
        #expect(throws: DatasetError.noLabels(dataset: "plain")) {
            try FewShotSplit(plain, perLabel: 1, seed: 0)
        }
        #expect(throws: DatasetError.badCount(0)) { try FewShotSplit(dataset(4), perLabel: 0, seed: 0) }
    }

    private func dataset(_ rowsPerLabel: Int) throws -> Dataset {
        let rows = (0..<2 * rowsPerLabel).map {
            Example(fields: ["text": "row \($0)"], label: $0 % 2 == 0 ? "a" : "b")
        }
        return try Dataset(name: "rows", examples: rows)
    }
}

@Suite struct LockedTestTests {
    @Test func `rows are handed out once a run, and every reading is counted`() throws {
        let test = try LockedTest(rows("x", "y"))
        #expect(test.count == 2 && test.record.reads == 0)
        #expect(try test.open(for: "run 1").examples.count == 2)
        #expect(throws: DatasetError.testAlreadyRead(test: "test", run: "run 1")) {
            try test.open(for: "run 1")
        }
        _ = try test.open(for: "run 2")
        #expect(test.record.runs == ["run 1", "run 2"])
    }

    @Test func `a stored record goes on counting, and refuses other rows`() throws {
        let first = try LockedTest(rows("x", "y"))
        _ = try first.open(for: "run 1")
        let again = try LockedTest(rows("x", "y"), record: first.record)
        #expect(again.record.reads == 1)
        #expect(throws: DatasetError.testAlreadyRead(test: "test", run: "run 1")) {
            try again.open(for: "run 1")
        }
        #expect(throws: DatasetError.self) { try LockedTest(rows("x", "z"), record: first.record) }
        #expect(throws: DatasetError.self) { try LockedTest(rows("y", "x"), record: first.record) }
    }

    @Test func `of many threads that ask for one run, one gets the rows`() async throws {
        let test = try LockedTest(rows("x"))
        let granted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { (try? test.open(for: "run")) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(granted == 1 && test.record.reads == 1)
    }

    private func rows(_ texts: String...) throws -> Dataset {
        try Dataset(name: "test", examples: texts.map { Example(fields: ["text": $0], label: "a") })
    }
}
