import Foundation
import Tensors
import TestSupport
import Testing

/// How far the fast functions are from double precision, over all floats that matter.
@Suite struct FunctionAccuracyTests {
    private func outputs(_ function: ElementFunction, _ values: [Float]) -> [Float] {
        Tensor(values, shape: [values.count], on: CPUBackend.shared).applying(function).floats
    }

    private func derivatives(_ function: ElementFunction, _ values: [Float]) -> [Float] {
        let backend = CPUBackend.shared
        return backend.applyPullback(
            function, Tensor(values, shape: [values.count], on: backend),
            Tensor(repeating: 1, shape: [values.count], on: backend)
        ).floats
    }

    /// `count` values from `low` to `high`, evenly.
    private func grid(_ low: Double, _ high: Double, _ count: Int = 20_001) -> [Float] {
        (0..<count).map { Float(low + (high - low) * Double($0) / Double(count - 1)) }
    }

    /// Both signs of magnitudes from 1e-37 to `high`, evenly in the logarithm.
    private func magnitudes(to high: Double) -> [Float] {
        grid(-37, log10(high), 8_001).map { Float(pow(10, Double($0))) }.flatMap { [$0, -$0] }
    }

    /// The worst error in units in the last place of the true value, and where.
    private func worstUlp(_ function: ElementFunction, _ values: [Float]) -> (error: Double, at: Float) {
        var worst = (error: 0.0, at: Float.nan)
        for (x, y) in zip(values, outputs(function, values)) {
            let truth = function.reference(Double(x)).value
            guard abs(truth) >= Double(Float.leastNormalMagnitude) else { continue }
            let error = abs(Double(y) - truth) / Double(Float(truth).ulp)
            if !(error <= worst.error) { worst = (error, x) }
        }
        return worst
    }

    private func worstAbsolute(_ function: ElementFunction, _ values: [Float]) -> (error: Double, at: Float) {
        var worst = (error: 0.0, at: Float.nan)
        for (x, y) in zip(values, outputs(function, values)) {
            let error = abs(Double(y) - function.reference(Double(x)).value)
            if !(error <= worst.error) { worst = (error, x) }
        }
        return worst
    }

    @Test func `exp is right to 2 units in the last place`() {
        let worst = worstUlp(.exp, grid(-87.3, 88.3) + magnitudes(to: 80))
        #expect(worst.error <= 2, "\(worst)")
    }

    @Test func `exp runs out where floats do`() {
        let ends = outputs(.exp, [88.8, 1e10, .infinity, -87.4, -1e10, -.infinity, 0, -0.0])
        #expect(ends == [.infinity, .infinity, .infinity, 0, 0, 0, 1, 1])
    }

    @Test func `tanh is right to 4 units in the last place`() {
        let worst = worstUlp(.tanh, grid(-12, 12) + grid(-0.3, 0.3) + magnitudes(to: 1e30))
        #expect(worst.error <= 4, "\(worst)")
        #expect(outputs(.tanh, [.infinity, -.infinity, 100, -100]) == [1, -1, 1, -1])
    }

    @Test func `sigmoid is right to 4 units in the last place`() {
        let worst = worstUlp(.sigmoid, grid(-87, 30) + magnitudes(to: 80))
        #expect(worst.error <= 4, "\(worst)")
        #expect(outputs(.sigmoid, [.infinity, -.infinity, 200, -200]) == [1, 0, 1, 0])
    }

    @Test func `silu is right to 6 units in the last place`() {
        let worst = worstUlp(.silu, grid(-80, 80) + magnitudes(to: 1e30).filter { $0 > -80 })
        #expect(worst.error <= 6, "\(worst)")
    }

    // Far below zero both gelus are differences of numbers near one: the error is absolute there.
    @Test(arguments: [ElementFunction.gelu, .geluTanh])
    func `gelu is right to 1.5e-6`(_ function: ElementFunction) {
        let worst = worstAbsolute(function, grid(-6, 6) + grid(-0.5, 0.5))
        #expect(worst.error <= 1.5e-6, "\(worst)")
        let far = outputs(function, [-6, -10, -100, -1e4, 10, 100, 1e4])
        #expect(far[1...3].allSatisfy { abs($0) < 1e-6 }, "\(far)")
        #expect(far[4...].elementsEqual([10, 100, 1e4]), "\(far)")
    }

    @Test(arguments: ElementFunction.allCases)
    func `derivatives are right to 3e-6`(_ function: ElementFunction) {
        let values = function == .log ? grid(0.01, 30) : grid(-15, 15).filter { function != .exp || $0 < 1 }
        var worst = (error: 0.0, at: Float.nan)
        for (x, y) in zip(values, derivatives(function, values)) where x != 0 {
            let truth = function.reference(Double(x)).derivative
            let error = abs(Double(y) - truth) / max(1, abs(truth))
            if !(error <= worst.error) { worst = (error, x) }
        }
        #expect(worst.error <= 3e-6, "\(worst)")
    }

    @Test(arguments: ElementFunction.allCases)
    func `NaN comes out as NaN, in every lane and tail`(_ function: ElementFunction) {
        for count in [1, 7, 33] {
            for place in [0, count / 2, count - 1] {
                var values = [Float](repeating: 0.5, count: count)
                values[place] = .nan
                let results = outputs(function, values)
                let bad = results.indices.filter { results[$0].isNaN }
                #expect(bad == [place], "\(count) values")
            }
        }
    }

    @Test func `log has the poles of log`() {
        let ends = outputs(.log, [0, 1, -1, .infinity])
        #expect(ends[0] == -.infinity && ends[1] == 0 && ends[2].isNaN && ends[3] == .infinity)
    }

    @Test func `NaN in a norm or a product stays in its row`() {
        let backend = CPUBackend.shared
        var values = [Float](repeating: 1, count: 3 * 33)
        values[40] = .nan
        let x = Tensor(values, shape: [3, 33], on: backend)
        let ones = Tensor(repeating: 1, shape: [33], on: backend)
        for result in [
            x.rmsNorm(ones, epsilon: 1e-5), x.layerNorm(ones, bias: ones, epsilon: 1e-5), x.logSoftmax(),
            x.matmul(Tensor(repeating: 1, shape: [33, 33], on: backend)),
        ] {
            let rows = Set(result.floats.indices.filter { result.floats[$0].isNaN }.map { $0 / 33 })
            #expect(rows == [1])
        }
    }
}
