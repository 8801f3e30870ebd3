import Datasets
import Foundation

/// The lines of a file or pipe as they arrive, as text.
struct Lines {
    private let handle: FileHandle
    private let file: String
    private var rest: [UInt8] = []
    private var line = 0
    private var offset = 0
    private var hasEnded = false
    /// How many empty lines were left out.
    private(set) var leftOut = 0

    init(_ handle: FileHandle, file: String) {
        self.handle = handle
        self.file = file
    }

    /// All whole lines that have arrived, waiting for one at least; nil at the end.
    ///
    /// Empty lines are left out.
    ///
    /// - Throws: `DatasetError` with the line that is not UTF-8.
    mutating func next() throws -> [String]? {
        var lines: [String] = []
        while lines.isEmpty, !hasEnded {
            let bytes = try read()
            if bytes.isEmpty {
                hasEnded = true
                if !rest.isEmpty { try take(rest, into: &lines) }
                break
            }
            rest += bytes
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                try take(Array(rest[..<end]), into: &lines)
                rest.removeSubrange(...end)
            }
        }
        return lines.isEmpty ? nil : lines
    }

    /// What has arrived, waiting for something; nothing at the end.
    ///
    /// `FileHandle.availableData` would end the process where reading fails, as it does for a folder.
    private func read() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            #if canImport(Glibc)
                let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                    unsafe Glibc.read(handle.fileDescriptor, bytes.baseAddress, bytes.count)
                }
            #else
                let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                    unsafe Darwin.read(handle.fileDescriptor, bytes.baseAddress, bytes.count)
                }
            #endif
            if count >= 0 { return Array(buffer.prefix(count)) }
            guard errno == EINTR else {
                throw DatasetError.unreadable(file: file, reason: unsafe String(cString: strerror(errno)))
            }
        }
    }

    private mutating func take(_ bytes: [UInt8], into lines: inout [String]) throws {
        line += 1
        let content = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...]
        var text = try Self.decode(Array(content), line: line, file: file, offset: offset)
        offset += bytes.count + 1
        if line == 1 { text = text.withoutByteOrderMark }
        if text.trimmed.isEmpty { leftOut += 1 } else { lines.append(text) }
    }

    /// Bytes as text.
    ///
    /// - Throws: `DatasetError/rows` with the place of the first byte that is not UTF-8.
    static func decode(_ bytes: [UInt8], line: Int, file: String, offset: Int) throws -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw DatasetError.rows(
            [RowFault(file: file, line: line, reason: .notUTF8(byte: offset + firstBroken(bytes)))], total: 1)
    }

    /// The place of the first byte that is not UTF-8: repairing puts a mark there and changes nothing before it.
    private static func firstBroken(_ bytes: [UInt8]) -> Int {
        let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
        return zip(bytes, repaired).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? bytes.count
    }
}

extension String {
    /// Between quotes, with line breaks and the like as they are written in code.
    var quoted: String { "\"" + escaped + "\"" }

    private var escaped: String {
        map { character in
            switch character {
            case "\n": "\\n"
            case "\t": "\\t"
            case "\r": "\\r"
            case "\r\n": "\\r\\n"
            case "\"": "\\\""
            default: String(character)
            }
        }.joined()
    }
}
