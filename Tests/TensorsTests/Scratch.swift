import Foundation
import Tensors
import TestSupport
import Testing
@Suite struct Scratch {
    @Test func scratch() async {
        measure()
        await #expect(processExitsWith: .success) { _ = CPUBackend.useInstructions("plain"); measure() }
        await #expect(processExitsWith: .success) { _ = CPUBackend.useInstructions("avx2"); measure() }
    }
}
func measure() {
    var text = CPUBackend.instructionSet + ":"
    func grid(_ low: Double, _ high: Double) -> [Float] { (0...200_000).map { Float(low + (high - low) * Double($0) / 200_000) } }
    for (f, low, high, ulp) in [(ElementFunction.exp, -87.3, 88.3, true), (.tanh, -10, 10, true), (.sigmoid, -87, 30, true), (.silu, -80, 80, true), (.gelu, -6, 6, false), (.geluTanh, -6, 6, false), (.log, 1e-6, 50, true)] {
        let x = grid(low, high)
        let y = Tensor(x, shape: [x.count], on: CPUBackend.shared).applying(f).floats
        var w = 0.0, at = Float(0)
        for (a, b) in zip(x, y) {
            let t = f.reference(Double(a)).value
            if ulp && abs(t) < 1.2e-38 { continue }
            let e = abs(Double(b) - t) / (ulp ? Double(Float(t).ulp) : 1)
            if !(e <= w) { w = e; at = a }
        }
        text += " \(f) \(w) at \(at);"
    }
    FileHandle.standardError.write((text + "\n").data(using: .utf8)!)
}
