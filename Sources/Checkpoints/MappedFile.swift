public import Foundation
package import Tensors

/// A file as read-only memory.
///
/// Pages are read when they are first touched, so opening costs nothing a gigabyte. Tensors made from the map
/// keep it alive. A file that another program *shortens* while it is mapped ends this program by a bus error
/// when the lost pages are touched: replace checkpoints by renaming a new file over them, as
/// ``SafetensorsFile/write(_:metadata:to:)`` does; the old bytes then stay mapped.
public final class MappedFile: Sendable {
    /// The file's path, or the name of the bytes.
    public let path: String
    /// How many bytes there are.
    public let byteCount: Int
    /// An integer and not a pointer, so that the class is `Sendable` by proof; 0 where there are no bytes.
    private let start: UInt
    private let isMapped: Bool

    /// Maps a file; an empty file is an empty map.
    ///
    /// - Throws: ``CheckpointError`` if the file cannot be opened, is a folder or no regular file.
    public init(contentsOf url: URL) throws(CheckpointError) {
        path = url.path
        isMapped = true
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CheckpointError(path, .cannotOpen(reason: lastSystemError())) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw CheckpointError(path, .cannotOpen(reason: lastSystemError()))
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw CheckpointError(path, .isFolder) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw CheckpointError(path, .notRegularFile) }
        byteCount = Int(status.st_size)
        guard byteCount > 0 else {
            start = 0
            return
        }
        let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw CheckpointError(path, .cannotOpen(reason: lastSystemError()))
        }
        start = UInt(bitPattern: address)
    }

    /// A copy of bytes already in memory, read by the same code as a file.
    package init(bytes: [UInt8], name: String) {
        path = name
        isMapped = false
        byteCount = bytes.count
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        unsafe copy.copyBytes(from: bytes)
        start = UInt(bitPattern: copy.baseAddress)
    }

    deinit {
        guard let address = unsafe UnsafeMutableRawPointer(bitPattern: start) else { return }
        if isMapped {
            unsafe munmap(address, byteCount)
        } else {
            unsafe address.deallocate()
        }
    }

    /// Lets `body` read a range of the bytes; the pointer is good only inside.
    package func withBytes<Result, Failure: Error>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= byteCount,
            "MappedFile: \(range) leaves the \(byteCount) bytes of \(path)")
        let address = unsafe UnsafeRawPointer(bitPattern: start + UInt(range.lowerBound))
        return try unsafe body(
            UnsafeRawBufferPointer(start: range.isEmpty ? nil : address, count: range.count))
    }

    /// A copy of a range of the bytes.
    package func bytes(_ range: Range<Int>) -> [UInt8] {
        unsafe withBytes(range) { bytes in unsafe [UInt8](bytes) }
    }

    /// The little-endian integer at an offset.
    package func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type = Value.self) -> Value
    {
        unsafe withBytes(offset..<offset + MemoryLayout<Value>.size) { bytes in
            Value(littleEndian: unsafe bytes.loadUnaligned(as: type))
        }
    }

    /// The text in a range, or nil where it is not UTF-8.
    package func text(_ range: Range<Int>) -> String? {
        unsafe withBytes(range) { bytes in unsafe String(validating: bytes, as: UTF8.self) }
    }

    /// Whether a value at an offset lies at a multiple of `alignment` in memory.
    package func isAligned(_ offset: Int, to alignment: Int) -> Bool {
        (start + UInt(offset)) % UInt(alignment) == 0
    }

    /// A range of the bytes as a tensor's memory: mapped, not copied; writing to it ends the program.
    package func buffer(_ range: Range<Int>, on backend: any Backend) -> Buffer {
        unsafe withBytes(range) { bytes in
            // A tensor of no bytes still needs an address; any of the map's will do, and it is never read.
            guard let base = bytes.baseAddress else { return unsafe Buffer(copying: bytes, on: backend) }
            return unsafe Buffer(
                address: UnsafeMutableRawPointer(mutating: base), byteCount: range.count, backend: backend,
                release: { _ in withExtendedLifetime(self) {} })
        }
    }
}

extension Buffer {
    /// Memory of its own for a weight that cannot stay where it is in a file.
    convenience init(
        byteCount: Int, on backend: any Backend, filling body: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
        unsafe body(UnsafeMutableRawBufferPointer(rebasing: memory.prefix(byteCount)))
        guard let address = memory.baseAddress else {
            preconditionFailure("an allocation of at least one byte")
        }
        unsafe self.init(
            address: address, byteCount: byteCount, backend: backend, release: { unsafe $0.deallocate() })
    }

    /// A copy of some bytes.
    convenience init(copying bytes: UnsafeRawBufferPointer, on backend: any Backend) {
        unsafe self.init(byteCount: bytes.count, on: backend) { unsafe $0.copyMemory(from: bytes) }
    }
}

/// What the system said about the call that just failed.
func lastSystemError() -> String {
    unsafe String(cString: strerror(errno))
}
