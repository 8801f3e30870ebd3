import Prompts
import Tensors
import TestSupport
import Testing

@Suite struct EnsembleTests {
    private func member(_ accuracy: Double, _ scores: [[Float]]) -> EnsembleMember {
        EnsembleMember(pattern: 0, seed: 0, accuracyBefore: accuracy, unlabelled: scores, test: [])
    }

    @Test func `one model is its own ensemble, and equal weights are no weights`() {
        let (a, b) = (member(0.5, [[1, 2], [3, -1]]), member(0.5, [[0, 4], [1, 1]]))
        for weighting in EnsembleWeighting.allCases {
            #expect(weighting.average([a]) { $0.unlabelled } == a.unlabelled)
            #expect(weighting.average([a, b]) { $0.unlabelled } == [[0.5, 3], [2, 0]])
        }
        let c = member(1, [[0, 4], [1, 1]])
        #expect(EnsembleWeighting.uniform.average([a, c]) { $0.unlabelled } == [[0.5, 3], [2, 0]])
        let weighted = EnsembleWeighting.weighted.average([a, c]) { $0.unlabelled }.flatMap { $0 }
        expectClose(weighted, [1 / 3.0, 10 / 3.0, 5 / 3.0, 1 / 3.0], absolute: 1e-6)
        let none = [member(0, [[1, 1]]), member(0, [[3, 1]])]
        #expect(EnsembleWeighting.weighted.average(none) { $0.unlabelled } == [[2, 1]])
    }

    @Test(arguments: [
        (10, 3, [50, 250, 1250]), (50, 2, [250, 1250]), (100, 2, [500, 2500]), (1000, 0, []),
    ])
    func `generations grow as the paper has it`(_ rows: Int, _ count: Int, _ sizes: [Int]) {
        let sampling = GenerationSampling()
        #expect(sampling.generations(from: rows) == count)
        #expect((0..<count).map { sampling.size(of: $0 + 1, from: rows) } == sizes)
    }

    @Test func `new rows keep the train rows' proportion`() {
        let sampling = GenerationSampling()
        #expect(sampling.newRows(of: 1, trainCounts: [5, 5]) == [20, 20])
        #expect(sampling.newRows(of: 2, trainCounts: [8, 2]) == [192, 48])
    }

    @Test func `a quarter of the others annotates, at least one, and never the model itself`() {
        let sampling = GenerationSampling()
        var random = CounterRandom(seed: 2)
        for member in 0..<9 {
            let found = sampling.annotators(of: member, count: 9, &random)
            #expect(found.count == 2 && !found.contains(member))
        }
        #expect(sampling.annotators(of: 0, count: 2, &random) == [1])
        #expect(sampling.annotators(of: 0, count: 1, &random).isEmpty)
    }

    @Test func `rows are drawn by label, the sure ones sooner, and a label without rows ends`() {
        let sampling = GenerationSampling()
        let scores: [[Float]] = (0..<40).map { index in
            index % 2 == 0 ? [4, 0, -9] : [0, index < 20 ? 0.1 : 6, -9]
        }
        var random = CounterRandom(seed: 3)
        let (rows, missing) = sampling.sample(scores, [8, 8, 8], &random)
        #expect(missing == [2])
        #expect(rows.count { $0.label == 0 } == 8 && rows.count { $0.label == 1 } == 8)
        #expect(Set(rows.map(\.row)).count == 16)
        let right = rows.allSatisfy { $0.row % 2 == $0.label }
        #expect(right)
        var sure = 0
        for seed in 0..<50 {
            var random = CounterRandom(seed: UInt64(seed))
            sure += sampling.sample(scores, [0, 8, 0], &random).rows.count { $0.row >= 20 }
        }
        // Ten rows of 0.997 against ten of 0.52: without weights half of 400.
        #expect(sure > 215)
        let few = sampling.sample([[1, 0], [0, 1]], [3, 1], &random).rows
        #expect(few.map(\.row) == [0, 0, 0, 1])
    }

    @Test func `without labelled rows the first generation has ten, and each after it five times as many`() {
        let sampling = GenerationSampling()
        #expect(sampling.generations(from: 0) == 4)
        #expect((0...4).map { sampling.size(of: $0, from: 0) } == [0, 10, 50, 250, 1250])
        #expect(sampling.newRows(of: 1, trainCounts: [0, 0]) == [5, 5])
        #expect(sampling.newRows(of: 3, trainCounts: [0, 0]) == [125, 125])
        #expect(sampling.newRows(of: 1, trainCounts: [0, 0, 0, 0]) == [2, 2, 2, 2])
        #expect(
            sampling.newRows(of: 1, trainCounts: Array(repeating: 0, count: 12))
                == Array(repeating: 1, count: 12))
    }

    @Test func `the surest rows of a label are drawn from the most probable, whatever they are predicted as`()
    {
        let sampling = GenerationSampling()
        // Every row is predicted as the first label; the later ones are the likelier to be of the second.
        let scores: [[Float]] = (0..<60).map { [6, Float($0) / 20, -5] }
        var seen: [Set<Int>] = [[], [], []]
        for seed in 0..<40 {
            var random = CounterRandom(seed: UInt64(seed))
            let (rows, missing) = sampling.sample(scores, [3, 3, 3], mostProbable: 10, &random)
            #expect(missing.isEmpty && rows.map(\.label) == [0, 0, 0, 1, 1, 1, 2, 2, 2])
            for row in rows { seen[row.label].insert(row.row) }
        }
        #expect(seen == [Set(0..<10), Set(50..<60), Set(0..<10)])
    }
}
