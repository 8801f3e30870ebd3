/// What a file may claim before it is no longer believed.
package enum Limits {
    /// The bytes of a safetensors header (as the reference reader has it) and of any other JSON file.
    package static let jsonBytes = 100_000_000
    /// How deep JSON may nest.
    package static let jsonDepth = 64
    /// The bytes of one GGUF string; chat templates are the longest of them.
    package static let textBytes = 16 << 20
    /// The bytes of a GGUF key or tensor name.
    package static let nameBytes = 65_535
    /// How deep GGUF arrays may nest.
    package static let arrayDepth = 4
    /// How many axes a tensor of a GGUF file may have (ggml's own limit).
    package static let ggufAxes = 4
    /// The largest alignment of a GGUF file.
    package static let alignment = 1 << 20
    /// The bytes of a pickle inside a PyTorch archive.
    package static let pickleBytes = 16 << 20
}
