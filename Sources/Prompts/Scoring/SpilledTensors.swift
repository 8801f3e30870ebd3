internal import Checkpoints
internal import Foundation
package import Tensors

extension NamedTensors {
    /// The same tensors in a mapped file, which is removed at once: the map keeps its bytes, the system holds as much of
    /// them in memory as there is room for, and nothing is left behind.
    package func spilled(on backend: any Backend) throws -> NamedTensors {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "cloze-\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: file) }
        try SafetensorsFile.write(self, to: file)
        return try SafetensorsFile(contentsOf: file).tensors(on: backend)
    }
}
