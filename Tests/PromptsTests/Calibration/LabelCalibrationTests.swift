import Datasets
import Foundation
import Prompts
import TestSupport
import Testing

@Suite struct LabelCalibrationTests {
    @Test func `contextual and batch calibration divide by the mean probabilities`() {
        // methods.md's vector is Zhao et al.'s rule: p / p_cf, which ranks 1, 1.125, 0.75.
        let free: [[Float]] = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.6, 0.3, 0.1]]
        for calibration in [LabelCalibration.contextual(free), .batch(free)] {
            let ratios: [Float] = [1, 1.125, 0.75]
            expectClose(
                calibration.calibrated([0.6, 0.3, 0.1]), ratios.map { $0 / 2.875 }, absolute: 1e-6)
            #expect(calibration.rows == 3)
        }
    }

    @Test func `a uniform prior changes nothing and labels may be permuted`() {
        let even = LabelCalibration.batch([[0.5, 0.5], [0.25, 0.75], [0.75, 0.25]])
        expectClose(even.calibrated([0.9, 0.1]), [0.9, 0.1], absolute: 1e-6)
        let one = LabelCalibration.contextual([[0.7, 0.2, 0.1]]).calibrated([0.3, 0.3, 0.4])
        let other = LabelCalibration.contextual([[0.1, 0.7, 0.2]]).calibrated([0.4, 0.3, 0.3])
        expectClose([one[2], one[0], one[1]], other, absolute: 1e-6)
    }

    @Test func `impossible labels stay finite`() {
        let made = LabelCalibration.contextual([[1, 0]]).calibrated([1, 0])
        #expect(made.allSatisfy(\.isFinite) && abs(made[0] + made[1] - 1) < 1e-6)
    }

    @Test(arguments: [false, true])
    func `temperature and offsets are those that L-BFGS finds`(hasOffsets: Bool) throws {
        let golden = try Golden("prompts/temperature")
        let flat = try golden.floats("probabilities")
        let probabilities = (0..<flat.count / 3).map { Array(flat[$0 * 3..<$0 * 3 + 3]) }
        let fitted = try TemperatureFit.calibration(
            probabilities, labels: golden.integers("labels").map(Int.init), hasOffsets: hasOffsets)
        let name = hasOffsets ? "bias" : "temperature"
        expectClose([fitted.temperature], [try golden.number("\(name).temperature")], absolute: 1e-4)
        expectClose(fitted.offsets, try golden.floats("\(name).offsets"), absolute: 1e-4)
        expectClose(
            probabilities.flatMap(fitted.calibrated), try golden.floats("\(name).calibrated"), absolute: 1e-4)
    }

    @Test func `a fit lowers the calibration error of answers that are too sure`() throws {
        let probabilities: [[Float]] = (0..<200).map { $0 % 2 == 0 ? [0.99, 0.01] : [0.01, 0.99] }
        // Right seven times out of ten.
        let labels = (0..<200).map { $0 % 10 < 7 ? $0 % 2 : 1 - $0 % 2 }
        let fitted = try TemperatureFit.calibration(probabilities, labels: labels, hasOffsets: false)
        func error(_ rows: [[Float]]) throws -> Double {
            try Calibration(
                confidences: rows.map { Double($0.max() ?? 0) },
                right: zip(rows, labels).map { ($0[1] > $0[0] ? 1 : 0) == $1 }
            ).error
        }
        #expect(try error(probabilities) > 0.25)
        #expect(try error(probabilities.map(fitted.calibrated)) < 0.02)
        #expect(throws: CalibrationError.tooFewRows(what: "fitting a temperature", found: 19, needed: 20)) {
            try TemperatureFit.calibration(
                Array(probabilities.prefix(19)), labels: Array(labels.prefix(19)), hasOffsets: true)
        }
    }

    // MARK: Abstention

    @Test func `the threshold is the lowest that is precise enough`() throws {
        let confidences = (0..<100).map { Float(100 - $0) / 100 }
        let right = (0..<100).map { $0 < 60 || $0 % 2 == 0 }
        let made = try Abstention(precision: 0.9, confidences: confidences, right: right)
        let answered = confidences.indices.filter { !made.withholds(confidences[$0]) }
        let precision = Double(answered.count { right[$0] }) / Double(answered.count)
        #expect(precision >= 0.9 && abs(precision - made.precision) < 1e-9)
        #expect(abs(made.coverage - Double(answered.count) / 100) < 1e-9)
        for lower in confidences where lower < made.threshold {
            let more = confidences.indices.filter { confidences[$0] >= lower }
            #expect(Double(more.count { right[$0] }) / Double(more.count) < 0.9)
        }
    }

    @Test func `rows of equal confidence are answered together`() throws {
        let confidences = [Float](repeating: 0.9, count: 30) + [Float](repeating: 0.6, count: 30)
        let right = (0..<60).map { $0 < 28 || ($0 >= 30 && $0 < 45) }
        let made = try Abstention(precision: 0.9, confidences: confidences, right: right)
        #expect(made.threshold == 0.9 && made.coverage == 0.5)
        #expect(throws: CalibrationError.precisionOutOfReach(wanted: 0.99, best: 28.0 / 30)) {
            try Abstention(precision: 0.99, confidences: confidences, right: right)
        }
        #expect(
            throws: CalibrationError.tooFewRows(what: "choosing when to abstain", found: 49, needed: 50)
        ) {
            try Abstention(
                precision: 0.9, confidences: Array(confidences.prefix(49)), right: Array(right.prefix(49)))
        }
        #expect(throws: CalibrationError.badPrecision(1.5)) {
            try Abstention(precision: 1.5, confidences: confidences, right: right)
        }
    }

    // MARK: The diagram

    @Test func `the diagram shows each bin with rows, in text and as a picture`() throws {
        let calibration = try Calibration(
            confidences: [0.55, 0.62, 0.95, 0.97], right: [true, false, true, true], bins: 10)
        let diagram = ReliabilityDiagram([
            .init(name: "before", calibration: calibration),
            .init(name: "after <1>", calibration: calibration),
        ])
        #expect(diagram.text.contains("before: expected calibration error"))
        #expect(diagram.text.split(separator: "\n").count { $0.contains(" to ") } == 6)
        #expect(diagram.svg.hasPrefix("<svg") && diagram.svg.hasSuffix("</svg>\n"))
        #expect(diagram.svg.contains("after &lt;1>") && !diagram.svg.contains("after <1>"))
        #expect(diagram.svg.components(separatedBy: "fill=\"#4c78a8\"").count == 7)
    }
}
