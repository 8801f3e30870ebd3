import Tensors
import Testing

extension BackendConformance {
    static let rowsAndColumns: [BackendCase] = [
        BackendCase(name: "an embedding lookup agrees with torch", run: embeddingGolden),
        BackendCase(name: "rows of several tables, stored and trained", run: severalTables),
        BackendCase(name: "columns are cut, joined, picked and transposed", run: columns),
        BackendCase(name: "rows and columns that threads share", run: manyRows),
        BackendCase(name: "gradients of rows and columns agree with finite differences", run: rowGradients),
    ]

    @Sendable private static func embeddingGolden(_ backend: any Backend) throws {
        let golden = try Golden("tensors/embedding")
        let ids = try golden.integers("ids")
        try expectGolden(golden, "", ["table"], on: backend) { $0[0].rows(ids) }
    }

    @Sendable private static func severalTables(_ backend: any Backend) {
        var random = RandomTensors(seed: 51, on: backend)
        let stored = random.stored([5, 32], as: .q8_0)
        let (soft, empty) = (random.normal([3, 32]), Tensor([], shape: [0, 32], on: backend))
        let index: [Int32] = [0, 5, 4, 7, 5]
        let all = stored.floats + soft.floats
        let expected = index.flatMap { all[Int($0) * 32..<Int($0) * 32 + 32] }
        expectClose(Tensor.rows(index, of: [stored, empty, soft]), expected, absolute: 0, relative: 0)
        let tape = Tape()
        let watched = tape.watch(soft, as: "soft")
        let gradients = tape.gradients(of: Tensor.rows(index, of: [stored, empty, watched]).sum())
        #expect(gradients.names == ["soft"])
        let counts: [Float] = [2, 0, 1]
        expectClose(gradients["soft"]?.floats ?? [], counts.flatMap { [Float](repeating: $0, count: 32) })
        #expect(soft.rows([]).shape == [0, 32])
        expectClose(Tensor.joinRows([soft, empty, soft]), soft.floats + soft.floats)
        expectClose(soft.rows(1..<3), Array(soft.floats[32...]))
    }

    @Sendable private static func columns(_ backend: any Backend) {
        var random = RandomTensors(seed: 52, on: backend)
        for rows in [0, 1, 3] {
            let a = random.normal([rows, 7])
            let parts = [a.columns(0..<1), a.columns(1..<6), a.columns(6..<7)]
            #expect(parts.map(\.shape) == [[rows, 1], [rows, 5], [rows, 1]])
            expectClose(Tensor.joinColumns(parts), a)
            #expect(a.columns(2..<2).shape == [rows, 0])
            let index = random.integers(rows, below: 7)
            expectClose(a.picking(index), index.indices.map { a.floats[$0 * 7 + Int(index[$0])] })
            expectClose(a.transposed(), (0..<7 * rows).map { a.floats[$0 % rows * 7 + $0 / rows] })
            #expect(a.transposed().shape == [7, rows])
        }
    }

    @Sendable private static func manyRows(_ backend: any Backend) {
        var random = RandomTensors(seed: 53, on: backend)
        let table = random.pattern([300, 129])
        let index = random.integers(700, below: 300)
        let rows = table.rows(index)
        let floats = table.floats
        expectClose(
            rows, index.flatMap { floats[Int($0) * 129..<Int($0) * 129 + 129] }, absolute: 0, relative: 0)
        var expected = [Float](repeating: 0, count: 300 * 129)
        let values = rows.floats
        for place in values.indices { expected[Int(index[place / 129]) * 129 + place % 129] += values[place] }
        expectClose(backend.scatterAdd(rows, to: index, rows: 300), expected)
        #expect(backend.scatterAdd(rows, to: index.map { _ in -1 }, rows: 2).floats.allSatisfy { $0 == 0 })
        expectClose(table.transposed().transposed(), table)
        expectClose(Tensor.joinColumns([table.columns(0..<64), table.columns(64..<129)]), table)
    }

    @Sendable private static func rowGradients(_ backend: any Backend) {
        var random = RandomTensors(seed: 54, on: backend)
        for width in [1, 7, 33] {
            let (a, b) = (random.normal([3, width]), random.normal([2, width]))
            expectGradient(of: { $0[0].rows([2, 0, 2]) }, at: [a], "rows")
            expectGradient(of: { Tensor.rows([4, 0, 3, 4], of: $0) }, at: [a, b], "rows of tables")
            expectGradient(of: { Tensor.joinRows($0) }, at: [a, b], "joinRows")
            expectGradient(of: { $0[0].columns(width / 3..<width) }, at: [a], "columns")
            let c = random.normal([3, 2])
            expectGradient(of: { Tensor.joinColumns([$0[0], $0[1], $0[0]]) }, at: [a, c], "joinColumns")
            let index = random.integers(3, below: width)
            expectGradient(of: { $0[0].picking(index) }, at: [a], "picking")
        }
    }
}
