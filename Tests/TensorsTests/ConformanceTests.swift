import Tensors
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: BackendConformance.cases)
    func `the processor conforms`(_ conformance: BackendCase) throws {
        try conformance.run(CPUBackend.shared)
    }

    @Test(arguments: BackendConformance.cases)
    func `another backend conforms and keeps its tensors`(_ conformance: BackendCase) throws {
        try conformance.run(RecordingBackend())
    }

    // The choice is made once a process: each lower choice gets a process of its own.
    @Test func `the plain kernels conform`() async {
        await #expect(processExitsWith: .success) { conform(with: "plain") }
    }

    @Test(.enabled(if: CPUBackend.instructionSet == "avx512"))
    func `the AVX2 kernels conform`() async {
        await #expect(processExitsWith: .success) { conform(with: "avx2") }
    }
}

/// Runs every case with other kernels; for a process that does nothing else.
private func conform(with instructions: String) {
    #expect(CPUBackend.useInstructions(instructions))
    for conformance in BackendConformance.cases {
        #expect(throws: Never.self, "\(conformance.name)") { try conformance.run(CPUBackend.shared) }
    }
    #expect(CPUBackend.instructionSet == instructions)
}
