import Foundation
import Layers
import TestSupport
import Testing

@Suite struct RotaryPositionsTests {
    private let plain = RotaryPositions(headWidth: 8, base: 10_000)

    @Test func `plain speeds fall from 1 by equal factors`() {
        expectClose(plain.frequencies, [1, 0.1, 0.01, 0.001], relative: 1e-6)
        #expect(plain.magnitude == 1)
    }

    @Test func `linear scaling divides every speed`() {
        let scaled = RotaryPositions(headWidth: 8, base: 10_000, scaling: .linear(factor: 4))
        expectClose(scaled.frequencies, plain.frequencies.map { $0 / 4 }, relative: 1e-6)
    }

    @Test func `factors of a file divide one speed each`() {
        let scaled = RotaryPositions(headWidth: 8, base: 10_000, scaling: .divided(by: [1, 2, 4, 8]))
        expectClose(scaled.frequencies, [1, 0.05, 0.0025, 0.000125], relative: 1e-6)
    }

    @Test func `YaRN keeps fast pairs, divides slow ones, and raises the magnitude`() {
        let yarn = RotaryPositions.YarnScaling(factor: 4, originalLength: 64, roundsRamp: false)
        let scaled = RotaryPositions(headWidth: 8, base: 10_000, scaling: .yarn(yarn))
        // The ramp: the pair that turns 32 times in 64 positions lies below 0, the one that turns once near
        // 1.
        let high = 8 * log(64 / (2 * Double.pi)) / (2 * log(10_000))
        let expected = plain.frequencies.enumerated().map { index, speed in
            let ramp = Float(min(Double(index) / high, 1))
            return speed / 4 * ramp + speed * (1 - ramp)
        }
        expectClose(scaled.frequencies, expected, relative: 1e-5)
        #expect(abs(scaled.magnitude - Float(0.1 * log(4.0) + 1)) < 1e-6)
    }
}
