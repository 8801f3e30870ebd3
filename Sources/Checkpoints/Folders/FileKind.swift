/// What a file seems to be, from its first bytes, for the error message about a wrong one.
package enum FileKind: Hashable, Sendable, CustomStringConvertible {
    case empty, gguf, safetensors, pytorchArchive, pickle, zip, gzip, pdf, hdf5, onnx, html, json, image,
        executable
    case oldGGML, largeFilePointer, text, unknown

    /// Looks at the first bytes of a file.
    package init(_ file: MappedFile) {
        let head = file.bytes(0..<min(file.byteCount, 512))
        self = Self.magic.first { head.starts(with: $0.bytes) }?.kind ?? Self.guess(head, of: file)
        if self == .zip, Self.holdsPickle(head) { self = .pytorchArchive }
    }

    /// What it is, in words, with an article.
    package var description: String {
        switch self {
        case .empty: "an empty file"
        case .gguf: "a GGUF file"
        case .safetensors: "a safetensors file"
        case .pytorchArchive: "a PyTorch archive (pickle)"
        case .pickle: "a Python pickle"
        case .zip: "a ZIP archive"
        case .gzip: "a gzip archive"
        case .pdf: "a PDF"
        case .hdf5: "an HDF5 file"
        case .onnx: "an ONNX model"
        case .html: "a web page"
        case .json: "a JSON file"
        case .image: "an image"
        case .executable: "a program"
        case .oldGGML: "a GGML file from before GGUF"
        case .largeFilePointer: "a Git LFS pointer (the model itself was not fetched)"
        case .text: "a text"
        case .unknown: "a file of an unknown kind"
        }
    }

    private static let magic: [(bytes: [UInt8], kind: FileKind)] = [
        (Array("GGUF".utf8), .gguf), (Array("PK\u{3}\u{4}".utf8), .zip), (Array("PK\u{5}\u{6}".utf8), .zip),
        ([0x1F, 0x8B], .gzip), (Array("%PDF".utf8), .pdf), ([0x89] + Array("HDF\r\n".utf8), .hdf5),
        ([0x89] + Array("PNG".utf8), .image), ([0xFF, 0xD8, 0xFF], .image),
        ([0x7F] + Array("ELF".utf8), .executable),
        (Array("lmgg".utf8), .oldGGML), (Array("fmgg".utf8), .oldGGML), (Array("tjgg".utf8), .oldGGML),
        (Array("version https://git-lfs".utf8), .largeFilePointer), ([0x80, 0x02], .pickle),
        ([0x80, 0x03], .pickle),
        ([0x80, 0x04], .pickle), ([0x80, 0x05], .pickle),
    ]

    private static func guess(_ head: [UInt8], of file: MappedFile) -> FileKind {
        guard !head.isEmpty else { return .empty }
        if head.count > 8, head[8] == UInt8(ascii: "{"),
            file.integer(at: 0, as: UInt64.self) <= Limits.jsonBytes
        {
            return .safetensors
        }
        // A character may be cut at the end of the window, so only ASCII and what lies above it is asked for.
        guard head.allSatisfy({ $0 >= 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else {
            return isONNX(head) ? .onnx : .unknown
        }
        let text = String(decoding: head, as: UTF8.self).drop(while: \.isWhitespace).lowercased()
        if text.hasPrefix("<!doctype") || text.hasPrefix("<html") { return .html }
        return text.hasPrefix("{") || text.hasPrefix("[") ? .json : .text
    }

    /// An ONNX model begins with its version, then the text field that names the program that made it.
    private static func isONNX(_ head: [UInt8]) -> Bool {
        head.count > 3 && head[0] == 0x08 && head[1] < 0x20 && head[2] == 0x12
    }

    private static func holdsPickle(_ head: [UInt8]) -> Bool {
        String(decoding: head, as: UTF8.self).contains("data.pkl")
    }
}
