import Foundation
import Tensors
import Testing

/// Sizes of one attention case, and its tensors.
struct AttentionSetting {
    var lengths: [Int]
    var pastRows: [Int] = []
    var pastsOf: [[Int]] = []
    var ancestorsOf: [[Int]] = []
    var heads = 4
    var keyValueHeads = 2
    var width = 6
    var isCausal = true
    var window: Int?

    var rows: Int { lengths.reduce(0, +) }

    /// Queries, keys, values, then keys and values of each past.
    func tensors(_ random: inout RandomTensors) -> [Tensor] {
        let narrow = keyValueHeads * width
        return [
            random.normal([rows, heads * width]), random.normal([rows, narrow]),
            random.normal([rows, narrow]),
        ]
            + pastRows.flatMap { [random.normal([$0, narrow]), random.normal([$0, narrow])] }
    }

    func input(_ tensors: [Tensor]) -> AttentionInput {
        AttentionInput(
            queries: tensors[0], keys: tensors[1], values: tensors[2], lengths: lengths,
            pasts: pastRows.indices.map { (tensors[3 + 2 * $0], tensors[4 + 2 * $0]) }, pastsOf: pastsOf,
            ancestorsOf: ancestorsOf, heads: heads, keyValueHeads: keyValueHeads, isCausal: isCausal,
            window: window, scale: 1 / Float(width).squareRoot())
    }

    func attend(_ tensors: [Tensor]) -> Tensor { Tensor.attention(input(tensors)) }

    /// The output in double precision, by the textbook.
    func reference(_ tensors: [Tensor]) -> [Float] {
        let all = tensors.map { $0.floats.map(Double.init) }
        let (narrow, wide) = (keyValueHeads * width, heads * width)
        let starts = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        var result: [Float] = []
        for (sequence, length) in lengths.enumerated() {
            let start = starts[sequence]
            var (keys, values): ([Double], [Double]) = ([], [])
            for past in pastsOf.isEmpty ? [] : pastsOf[sequence] {
                keys += all[3 + 2 * past]
                values += all[4 + 2 * past]
            }
            for ancestor in ancestorsOf.isEmpty ? [] : ancestorsOf[sequence] {
                keys += all[1][starts[ancestor] * narrow..<starts[ancestor + 1] * narrow]
                values += all[2][starts[ancestor] * narrow..<starts[ancestor + 1] * narrow]
            }
            let before = keys.count / narrow
            keys += all[1][start * narrow..<(start + length) * narrow]
            values += all[2][start * narrow..<(start + length) * narrow]
            for row in 0..<length {
                for head in 0..<heads {
                    let shift = head / (heads / keyValueHeads) * width
                    let query = all[0][
                        (start + row) * wide + head * width..<(start + row) * wide + (head + 1) * width]
                    let scores = (0..<before + length).filter { sees($0, from: before + row) }.map { key in
                        let products = zip(query, keys[(key * narrow + shift)...]).reduce(0) {
                            $0 + $1.0 * $1.1
                        }
                        return (key: key, score: products / Double(width).squareRoot())
                    }
                    let highest = scores.reduce(-Double.infinity) { max($0, $1.score) }
                    var mixed = [Double](repeating: 0, count: width)
                    var total = 0.0
                    for (key, score) in scores {
                        let weight = exp(score - highest)
                        total += weight
                        for j in 0..<width { mixed[j] += weight * values[key * narrow + shift + j] }
                    }
                    result += mixed.map { Float($0 / total) }
                }
            }
        }
        return result
    }

    private func sees(_ key: Int, from row: Int) -> Bool {
        if isCausal && key > row { return false }
        return window.map { abs(row - key) < $0 } ?? true
    }
}

extension BackendConformance {
    static let attention: [BackendCase] = [
        BackendCase(name: "attention agrees with torch, with pasts and without", run: attentionGolden),
        BackendCase(name: "packed sequences attend as each alone", run: packedIsAlone),
        BackendCase(name: "a chain of pasts is one past is a longer text", run: chains),
        BackendCase(name: "sequences read earlier sequences of their batch", run: ancestors),
        BackendCase(name: "attention at the edges of a tile, in every mode", run: tiles),
        BackendCase(name: "attention over nothing", run: emptyAttention),
        BackendCase(name: "attention with scores of a thousand", run: hugeScores),
    ]

    @Sendable private static func attentionGolden(_ backend: any Backend) throws {
        for (name, isCausal) in [
            ("attention_causal_grouped", true), ("attention_bidirectional", false),
            ("attention_window", true),
        ] {
            let golden = try Golden("tensors/" + name)
            var setting = AttentionSetting(
                lengths: try golden.integers("lengths").map(Int.init), heads: Int(try golden.number("heads")),
                keyValueHeads: Int(try golden.number("key_heads")), width: Int(try golden.number("width")),
                isCausal: isCausal, window: golden.contains("window") ? Int(try golden.number("window")) : nil
            )
            let own = ["queries", "keys", "values"]
            try expectGolden(golden, "plain.", own, on: backend) { setting.attend($0) }
            setting.pastRows = try golden.integers("past_lengths").map(Int.init)
            setting.pastsOf = try golden.integers("past_of").map { $0 < 0 ? [] : [Int($0)] }
            let pasts = setting.pastRows.indices.flatMap { ["past\($0)_keys", "past\($0)_values"] }
            try expectGolden(golden, "past.", own + pasts, on: backend) { setting.attend($0) }
        }
    }

    @Sendable private static func packedIsAlone(_ backend: any Backend) {
        var random = RandomTensors(seed: 81, on: backend)
        for (isCausal, window) in [(true, nil), (true, 3), (false, nil), (false, 2)] as [(Bool, Int?)] {
            let setting = AttentionSetting(
                lengths: [3, 0, 1, 70, 0], pastRows: [4, 2], pastsOf: [[0], [1], [], [1, 0], []],
                isCausal: isCausal,
                window: window)
            let tensors = setting.tensors(&random)
            let packed = setting.attend(tensors)
            var start = 0
            for (sequence, length) in setting.lengths.enumerated() {
                var alone = setting
                alone.lengths = [length]
                alone.pastsOf = [setting.pastsOf[sequence]]
                let span = start..<start + length
                let own = tensors[..<3].map { $0.rows(span) }
                expectClose(
                    packed.rows(span), alone.attend(own + tensors[3...]), absolute: 2e-6,
                    "sequence \(sequence), causal \(isCausal), window \(window ?? 0)")
                start += length
            }
        }
    }

    @Sendable private static func chains(_ backend: any Backend) {
        var random = RandomTensors(seed: 82, on: backend)
        for window in [nil, 6] as [Int?] {
            // Twelve rows: the last four as text behind pasts of 5 and 3 rows, behind one of 8, and with
            // none.
            let long = AttentionSetting(lengths: [12], window: window)
            let tensors = long.tensors(&random)
            let expected = long.attend(tensors).rows(8..<12)
            let last = tensors.map { $0.rows(8..<12) }
            func parts(_ ranges: [Range<Int>]) -> [Tensor] {
                ranges.flatMap { range in tensors[1...].map { $0.rows(range) } }
            }
            let one = AttentionSetting(lengths: [4], pastRows: [8], pastsOf: [[0]], window: window)
            expectClose(
                one.attend(last + parts([0..<8])), expected, absolute: 2e-6, "one past, \(window ?? 0)")
            let chain = AttentionSetting(
                lengths: [4], pastRows: [3, 5, 0], pastsOf: [[1, 2, 0]], window: window)
            expectClose(
                chain.attend(last + parts([5..<8, 0..<5, 0..<0])), expected, absolute: 2e-6,
                "a chain, \(window ?? 0)")
            // One row at a time, as a generator goes.
            let single = AttentionSetting(lengths: [1], pastRows: [11], pastsOf: [[0]], window: window)
            expectClose(
                single.attend(tensors.map { $0.rows(11..<12) } + parts([0..<11])), expected.rows(3..<4),
                absolute: 2e-6, "one row, \(window ?? 0)")
        }
    }

    @Sendable private static func ancestors(_ backend: any Backend) {
        var random = RandomTensors(seed: 86, on: backend)
        for window in [nil, 4] as [Int?] {
            let setting = AttentionSetting(
                lengths: [3, 2, 4, 1], pastRows: [2], pastsOf: [[0], [0], [], [0]],
                ancestorsOf: [[], [0], [0], [0, 1]], window: window)
            let tensors = setting.tensors(&random)
            let packed = setting.attend(tensors)
            expectClose(packed, setting.reference(tensors), absolute: 5e-6, "window \(window ?? 0)")
            // The last sequence is the end of one text: the past, three rows, two rows, one row.
            let whole = AttentionSetting(lengths: [6], pastRows: [2], pastsOf: [[0]], window: window)
            let text = tensors[..<3].map { Tensor.joinRows([$0.rows(0..<5), $0.rows(9..<10)]) }
            expectClose(packed.rows(9..<10), whole.attend(text + tensors[3...]).rows(5..<6), absolute: 2e-6)
            expectGradient(of: { setting.attend($0) }, at: tensors, "window \(window ?? 0)")
        }
    }

    @Sendable private static func tiles(_ backend: any Backend) {
        var random = RandomTensors(seed: 83, on: backend)
        for length in [1, 2, 63, 64, 65, 130] {
            for (isCausal, window) in [(true, nil), (true, 9), (false, nil), (false, 70)] as [(Bool, Int?)] {
                let setting = AttentionSetting(
                    lengths: [length], pastRows: [5], pastsOf: [[0]], heads: 1, keyValueHeads: 1, width: 2,
                    isCausal: isCausal, window: window)
                let tensors = setting.tensors(&random)
                expectClose(
                    setting.attend(tensors), setting.reference(tensors), absolute: 5e-6,
                    "\(length) rows, causal \(isCausal), window \(window ?? 0)")
            }
        }
        for (heads, keyValueHeads, width) in [(1, 1, 1), (3, 3, 7), (6, 1, 33), (8, 4, 16)] {
            let setting = AttentionSetting(
                lengths: [2, 9], pastRows: [3], pastsOf: [[], [0]], heads: heads,
                keyValueHeads: keyValueHeads,
                width: width)
            let tensors = setting.tensors(&random)
            expectClose(setting.attend(tensors), setting.reference(tensors), absolute: 5e-6, "\(heads) heads")
        }
    }

    @Sendable private static func emptyAttention(_ backend: any Backend) {
        var random = RandomTensors(seed: 84, on: backend)
        for setting in [
            AttentionSetting(lengths: []), AttentionSetting(lengths: [0, 0]),
            AttentionSetting(lengths: [0], pastRows: [3], pastsOf: [[0]]),
        ] {
            let tensors = setting.tensors(&random)
            let tape = Tape()
            let watched = tensors.enumerated().map { tape.watch($1, as: String($0)) }
            let output = setting.attend(watched)
            #expect(output.shape == [0, 24])
            let gradients = tape.gradients(of: output.sum())
            for (index, tensor) in tensors.enumerated() {
                let floats = gradients[String(index)]?.floats
                #expect(floats == [Float](repeating: 0, count: tensor.shape.count), "input \(index)")
            }
        }
    }

    @Sendable private static func hugeScores(_ backend: any Backend) {
        var random = RandomTensors(seed: 85, on: backend)
        let setting = AttentionSetting(lengths: [70])
        var tensors = setting.tensors(&random)
        tensors[0] = tensors[0].scaled(by: 300)
        expectClose(setting.attend(tensors), setting.reference(tensors), absolute: 2e-3, relative: 1e-3)
        // The largest score of one row leaves all others without weight: no denormals, no NaN.
        #expect(setting.attend(tensors).floats.allSatisfy { $0 == 0 || $0.isNormal })
    }
}
