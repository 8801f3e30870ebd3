/// What each row (or group of rows) adds to a metric's totals.
///
/// Every metric here is a function of sums over rows. A resample of the rows is then a sum of other rows, and no row is
/// judged twice: 1,000 resamples of BLEU cost 1,000 additions of ten numbers a row.
struct RowSums: Sendable {
    /// How many totals there are.
    let width: Int
    private var starts: [Int] = [0]
    private var cells: [Int] = []
    private var values: [Double] = []

    init(width: Int) { self.width = width }

    /// How many units (rows or groups) can be drawn.
    var count: Int { starts.count - 1 }

    /// Adds a unit that adds `value` to each `cell`.
    mutating func append(_ parts: [(cell: Int, value: Double)]) {
        for part in parts where part.value != 0 {
            cells.append(part.cell)
            values.append(part.value)
        }
        starts.append(cells.count)
    }

    /// Adds a unit by its values for the first cells, in order.
    mutating func append(_ row: [Double]) {
        append(row.enumerated().map { (cell: $0.offset, value: $0.element) })
    }

    /// The totals over `units`, which may occur several times.
    func totals(_ units: some Sequence<Int>) -> [Double] {
        var totals = [Double](repeating: 0, count: width)
        for unit in units {
            for part in starts[unit]..<starts[unit + 1] { totals[cells[part]] += values[part] }
        }
        return totals
    }
}

/// A metric's sums, and what makes its value of them.
struct Judged: Sendable {
    let sums: RowSums
    let value: @Sendable ([Double]) -> Double

    /// A metric that is the mean of one number a row.
    static func mean(_ values: [Double]) -> Judged {
        var sums = RowSums(width: 2)
        for value in values { sums.append([value, 1]) }
        return Judged(sums: sums) { $0[1] == 0 ? 0 : $0[0] / $0[1] }
    }

    /// A metric that is an F1 of totals: true positives, predicted, expected.
    static func f1(_ rows: [[Double]]) -> Judged {
        var sums = RowSums(width: 3)
        for row in rows { sums.append(row) }
        return Judged(sums: sums) { $0[1] + $0[2] == 0 ? 0 : 2 * $0[0] / ($0[1] + $0[2]) }
    }
}
