internal import Foundation

/// Fits a temperature, and an offset of each label, to rows whose labels are known.
///
/// The least mean negative log-likelihood of `softmax(a · log p + b)`, `T = 1 / a`, by Newton's method: the
/// objective is convex, and there are one or labels + 1 numbers. Where Guo et al. 2017 (§4.2) minimise the
/// likelihood alone, a small weight decay, `ridge / 2 · ((a - 1)² + |b|²)`, is added: a few rows that are all
/// answered rightly would otherwise ask for `T = 0`, and offsets would have a constant too many.
public enum TemperatureFit {
    /// The weight decay.
    public static let ridge = 1e-3
    /// How many rows a fit needs at least.
    public static let smallestCount = 20
    /// The bounds of `a`: labels are never turned upside down.
    private static let scales = 1e-2...1e2
    private static let steps = 50

    /// Fits.
    ///
    /// - Parameters:
    ///   - probabilities: `[rows][labels]`.
    ///   - labels: the right label of each row, as an index.
    ///   - hasOffsets: whether each label gets an offset, too.
    /// - Throws: ``CalibrationError/tooFewRows(what:found:needed:)``.
    public static func calibration(
        _ probabilities: [[Float]], labels: [Int], hasOffsets: Bool
    ) throws(CalibrationError) -> LabelCalibration {
        guard probabilities.count >= smallestCount else {
            throw .tooFewRows(
                what: "fitting a temperature", found: probabilities.count, needed: smallestCount)
        }
        let count = probabilities[0].count
        let logs = probabilities.map {
            $0.map { Double(LabelScores.log(max($0, LabelCalibration.smallest))) }
        }
        let problem = Problem(logs: logs, labels: labels, hasOffsets: hasOffsets)
        let found = problem.minimum(from: [1] + [Double](repeating: 0, count: hasOffsets ? count : 0))
        return LabelCalibration(
            method: hasOffsets ? .bias : .temperature, temperature: Float(1 / found[0]),
            offsets: hasOffsets ? found.dropFirst().map { Float($0) } : [Float](repeating: 0, count: count),
            rows: probabilities.count)
    }

    /// The objective over `[a, b...]`.
    private struct Problem {
        let logs: [[Double]]
        let labels: [Int]
        let hasOffsets: Bool

        func minimum(from start: [Double]) -> [Double] {
            var (point, best) = (start, value(start))
            for _ in 0..<steps {
                let (gradient, curvature) = derivatives(point)
                guard gradient.contains(where: { abs($0) > 1e-10 }) else { break }
                let direction = solved(curvature, gradient)
                var length = 1.0
                while length > 1e-8 {
                    var next = zip(point, direction).map { $0 - length * $1 }
                    next[0] = min(max(next[0], scales.lowerBound), scales.upperBound)
                    let nextValue = value(next)
                    if nextValue < best {
                        (point, best) = (next, nextValue)
                        break
                    }
                    length /= 2
                }
                if length <= 1e-8 { break }
            }
            return point
        }

        private func shares(_ row: [Double], _ point: [Double]) -> (shares: [Double], logOfSum: Double) {
            let scores = row.indices.map { point[0] * row[$0] + (hasOffsets ? point[$0 + 1] : 0) }
            let top = scores.max() ?? 0
            let total = scores.reduce(0) { $0 + exp($1 - top) }
            return (scores.map { exp($0 - top) / total }, top + log(total))
        }

        func value(_ point: [Double]) -> Double {
            let likelihood = zip(logs, labels).reduce(0.0) { sum, pair in
                let (row, label) = pair
                let score = point[0] * row[label] + (hasOffsets ? point[label + 1] : 0)
                return sum + shares(row, point).logOfSum - score
            }
            let decay = point.dropFirst().reduce((point[0] - 1) * (point[0] - 1)) { $0 + $1 * $1 }
            return likelihood / Double(logs.count) + ridge / 2 * decay
        }

        /// The gradient and the matrix of second derivatives: the covariance of the features under the shares.
        private func derivatives(_ point: [Double]) -> (gradient: [Double], curvature: [[Double]]) {
            let size = point.count
            var gradient = point.enumerated().map { ridge * ($1 - ($0 == 0 ? 1 : 0)) }
            var curvature = (0..<size).map { row in (0..<size).map { $0 == row ? ridge : 0 } }
            let weight = 1 / Double(logs.count)
            for (row, label) in zip(logs, labels) {
                let p = shares(row, point).shares
                // Features of label j: its log-probability and, with offsets, the j-th unit vector.
                let mean = zip(p, row).reduce(0) { $0 + $1.0 * $1.1 }
                let square = zip(p, row).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
                gradient[0] += weight * (mean - row[label])
                curvature[0][0] += weight * (square - mean * mean)
                guard hasOffsets else { continue }
                for j in p.indices {
                    gradient[j + 1] += weight * (p[j] - (j == label ? 1 : 0))
                    let mixed = weight * p[j] * (row[j] - mean)
                    curvature[0][j + 1] += mixed
                    curvature[j + 1][0] += mixed
                    for k in p.indices {
                        curvature[j + 1][k + 1] += weight * ((j == k ? p[j] : 0) - p[j] * p[k])
                    }
                }
            }
            return (gradient, curvature)
        }

        /// The solution of `matrix · x = side` by elimination; the matrix is positive definite.
        private func solved(_ matrix: [[Double]], _ side: [Double]) -> [Double] {
            var rows = zip(matrix, side).map { $0 + [$1] }
            let size = rows.count
            for pivot in 0..<size {
                for row in pivot + 1..<max(pivot + 1, size) {
                    let factor = rows[row][pivot] / rows[pivot][pivot]
                    for column in pivot...size { rows[row][column] -= factor * rows[pivot][column] }
                }
            }
            var solution = [Double](repeating: 0, count: size)
            for row in (0..<size).reversed() {
                let known = (row + 1..<max(row + 1, size)).reduce(0) { $0 + rows[row][$1] * solution[$1] }
                solution[row] = (rows[row][size] - known) / rows[row][row]
            }
            return solution
        }
    }
}
