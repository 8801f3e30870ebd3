import Foundation

/// Bytes that arrive in pieces, read a line or a byte at a time.
///
/// Nothing is read before it is asked for, so rows typed into a terminal come out as soon as their line ends.
struct ByteStream {
    /// The most bytes that one row may have.
    ///
    /// A quote left open would otherwise swallow the rest of any file.
    static let rowLimit = 16 << 20

    private let more: () throws(DatasetError) -> [UInt8]
    private var piece: [UInt8] = []
    private var place = 0
    private var ended = false
    /// How many bytes have been taken, the byte-order mark included.
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        more = { () throws(DatasetError) in [] }
        piece = bytes
    }

    /// Reads from an open file or pipe; errors call it `file`.
    init(_ handle: FileHandle, file: String) {
        let descriptor = handle.fileDescriptor
        more = { () throws(DatasetError) in
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            var count: Int
            repeat {
                // FileHandle's own calls either wait for a full piece or trap on errors.
                count = unsafe piece.withUnsafeMutableBytes {
                    unsafe read(descriptor, $0.baseAddress, $0.count)
                }
            } while count < 0 && errno == EINTR
            guard count >= 0 else {
                throw .unreadable(
                    file: file, reason: String(describing: POSIXError.Code(rawValue: errno) ?? .EIO))
            }
            return [UInt8](piece[..<count])
        }
    }

    /// Takes the next byte; nil at the end.
    mutating func next() throws(DatasetError) -> UInt8? {
        guard try fill() else { return nil }
        defer {
            place += 1
            offset += 1
        }
        return piece[place]
    }

    /// The next byte, left where it is.
    mutating func peek() throws(DatasetError) -> UInt8? {
        try fill() ? piece[place] : nil
    }

    /// Takes the bytes up to the next line feed, which is taken too but not returned, nor is a carriage
    /// return before it; nil at the end.
    ///
    /// A line longer than `rowLimit` is cut there.
    mutating func line() throws(DatasetError) -> [UInt8]? {
        guard try fill() else { return nil }
        var line: [UInt8] = []
        while try fill(), line.count <= Self.rowLimit {
            let rest = piece[place...]
            let end = rest.firstIndex(of: 0x0A)
            line.append(contentsOf: rest[..<(end ?? rest.endIndex)])
            offset += (end.map { $0 + 1 } ?? rest.endIndex) - place
            place = end.map { $0 + 1 } ?? rest.endIndex
            if end != nil { break }
        }
        if line.last == 0x0D { line.removeLast() }
        return line
    }

    private mutating func fill() throws(DatasetError) -> Bool {
        while place == piece.count, !ended {
            piece = try more()
            place = 0
            ended = piece.isEmpty
        }
        return place < piece.count
    }
}

/// The offset of the first byte that makes `bytes` something else than UTF-8; nil if they are UTF-8.
func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
        switch decoder.parseScalar(from: &iterator) {
        case .valid(let scalar): offset += scalar.count
        case .error: return offset
        case .emptyInput: return nil
        }
    }
}
