/// The entries of a ZIP archive whose contents are stored plain, as `torch.save` writes them.
///
/// Only the central directory is believed; checksums are not computed, since that would read the whole model.
struct ZipArchive {
    /// Where each entry's contents lie in the file.
    private(set) var entries: [String: Range<Int>] = [:]

    private let file: MappedFile

    private static let endSignature: UInt32 = 0x0605_4B50
    private static let wideEndSignature: UInt32 = 0x0606_4B50
    private static let wideLocatorSignature: UInt32 = 0x0706_4B50
    private static let directorySignature: UInt32 = 0x0201_4B50
    private static let localSignature: UInt32 = 0x0403_4B50
    private static let endBytes = 22
    private static let wideLocatorBytes = 20
    private static let wideEndBytes = 56
    private static let directoryBytes = 46
    private static let localBytes = 30
    /// The value of a 32-bit field that says: look in the 64-bit one.
    private static let wide = UInt64(UInt32.max)

    init(_ file: MappedFile) throws(CheckpointError) {
        self.file = file
        let directory = try directory()
        var offset = directory.lowerBound
        while offset < directory.upperBound {
            let entry = try entry(at: offset, in: directory)
            guard entries.updateValue(entry.contents, forKey: entry.name) == nil else {
                throw failure("it lists \(entry.name) twice")
            }
            offset = entry.next
        }
    }

    private func failure(_ reason: String) -> CheckpointError {
        CheckpointError(file.path, .badArchive(reason: reason))
    }

    private func field<Value: FixedWidthInteger>(
        _ offset: Int, as type: Value.Type
    ) throws(CheckpointError) -> Value {
        guard offset >= 0, offset <= file.byteCount - MemoryLayout<Value>.size else {
            throw failure("a field lies outside the file")
        }
        return file.integer(at: offset, as: type)
    }

    /// `count` bytes from an offset that the file itself names.
    private func range(_ start: UInt64, _ count: UInt64, _ what: String) throws(CheckpointError) -> Range<Int>
    {
        guard start <= UInt64(file.byteCount), count <= UInt64(file.byteCount) - start else {
            throw failure("\(what) lies outside the file")
        }
        return Int(start)..<Int(start + count)
    }

    /// The central directory, found from the end of the file.
    private func directory() throws(CheckpointError) -> Range<Int> {
        let earliest = max(0, file.byteCount - Self.endBytes - Int(UInt16.max))
        var end = file.byteCount - Self.endBytes
        while end >= earliest, file.integer(at: end, as: UInt32.self) != Self.endSignature { end -= 1 }
        guard end >= earliest else { throw failure("it has no directory; it is cut short") }
        var size = UInt64(try field(end + 12, as: UInt32.self))
        var start = UInt64(try field(end + 16, as: UInt32.self))
        if size == Self.wide || start == Self.wide { (start, size) = try wideDirectory(before: end) }
        return try range(start, size, "its directory")
    }

    /// The directory's place in an archive of more than 4 GiB.
    private func wideDirectory(before end: Int) throws(CheckpointError) -> (start: UInt64, size: UInt64) {
        let locator = end - Self.wideLocatorBytes
        guard try field(locator, as: UInt32.self) == Self.wideLocatorSignature else {
            throw failure("its 64-bit directory is not there")
        }
        let wideEnd = try range(
            field(locator + 8, as: UInt64.self), UInt64(Self.wideEndBytes), "its 64-bit directory"
        ).lowerBound
        guard try field(wideEnd, as: UInt32.self) == Self.wideEndSignature else {
            throw failure("its 64-bit directory is damaged")
        }
        return (try field(wideEnd + 48, as: UInt64.self), try field(wideEnd + 40, as: UInt64.self))
    }

    private func entry(
        at offset: Int, in directory: Range<Int>
    ) throws(CheckpointError) -> (name: String, contents: Range<Int>, next: Int) {
        guard directory.upperBound - offset >= Self.directoryBytes,
            try field(offset, as: UInt32.self) == Self.directorySignature
        else { throw failure("its directory is damaged") }
        let nameCount = Int(try field(offset + 28, as: UInt16.self))
        let extraCount = Int(try field(offset + 30, as: UInt16.self))
        let commentCount = Int(try field(offset + 32, as: UInt16.self))
        let nameStart = offset + Self.directoryBytes
        let next = nameStart + nameCount + extraCount + commentCount
        guard next <= directory.upperBound, let name = file.text(nameStart..<nameStart + nameCount) else {
            throw failure("its directory is damaged")
        }
        guard try field(offset + 10, as: UInt16.self) == 0 else {
            throw CheckpointError(file.path, .compressedEntry(name))
        }
        let extra = nameStart + nameCount..<nameStart + nameCount + extraCount
        return (name, try contents(of: name, at: offset, extra: extra), next)
    }

    private func contents(
        of name: String, at offset: Int, extra: Range<Int>
    ) throws(CheckpointError) -> Range<Int> {
        var wideFields = try wideFields(extra)[...]
        // The 64-bit fields are there only for the 32-bit ones that are full, in this order.
        func value(at field: Int) throws(CheckpointError) -> UInt64 {
            let narrow = UInt64(try self.field(offset + field, as: UInt32.self))
            return narrow == Self.wide ? wideFields.popFirst() ?? narrow : narrow
        }
        let size = try value(at: 24)
        let stored = try value(at: 20)
        let header = try value(at: 42)
        guard size == stored else { throw CheckpointError(file.path, .compressedEntry(name)) }
        let local = try range(header, UInt64(Self.localBytes), "the entry \(name)").lowerBound
        guard try field(local, as: UInt32.self) == Self.localSignature else {
            throw failure("the entry \(name) is not where the directory says")
        }
        let skipped =
            UInt64(try field(local + 26, as: UInt16.self)) + UInt64(try field(local + 28, as: UInt16.self))
        return try range(header + UInt64(Self.localBytes) + skipped, size, "the entry \(name)")
    }

    /// The numbers of the extra field number 1.
    private func wideFields(_ extra: Range<Int>) throws(CheckpointError) -> [UInt64] {
        var offset = extra.lowerBound
        while extra.upperBound - offset >= 4 {
            let kind = try field(offset, as: UInt16.self)
            let count = Int(try field(offset + 2, as: UInt16.self))
            let end = offset + 4 + count
            guard end <= extra.upperBound else { return [] }
            if kind == 1 {
                var numbers: [UInt64] = []
                for number in 0..<count / 8 {
                    numbers.append(try field(offset + 4 + number * 8, as: UInt64.self))
                }
                return numbers
            }
            offset = end
        }
        return []
    }
}
