/// A run of bytes on some device: the one class that owns memory.
///
/// Memory either comes from a backend, which takes it back when the buffer goes (and hands it out again, so a
/// training step allocates nothing new), or belongs to something that is kept alive as long as the buffer, such
/// as a mapped file.
///
/// Unchecked because the pointer is shared; a buffer is written only before it becomes part of a tensor, or by
/// its sole owner.
public final class Buffer: @unchecked Sendable {
    /// Where the bytes start.
    package let address: UnsafeMutableRawPointer
    /// How many bytes there are.
    package let byteCount: Int
    /// Where the arithmetic on these bytes happens.
    package let backend: any Backend
    private let release: @Sendable (UnsafeMutableRawPointer) -> Void

    package init(
        address: UnsafeMutableRawPointer, byteCount: Int, backend: any Backend,
        release: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
    ) {
        self.address = address
        self.byteCount = byteCount
        self.backend = backend
        self.release = release
    }

    deinit { release(address) }
}
