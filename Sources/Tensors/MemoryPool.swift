import Synchronization

/// Memory that comes back when a buffer goes, kept by size for the next one.
///
/// A training step makes the same shapes again and again, so after the first step nothing new is allocated. Sizes
/// are rounded up by at most an eighth, which lets shapes that differ a little share memory.
final class MemoryPool: Sendable {
    private struct Address: @unchecked Sendable { let pointer: UnsafeMutableRawPointer }

    private struct State: Sendable {
        var free: [Int: [Address]] = [:]
        var idle = 0
        var inUse = 0
        var peak = 0
    }

    private let state = Mutex(State())
    /// The most bytes kept for reuse; what comes back beyond goes to the system.
    private static let idleLimit = 4 << 30

    var usage: (inUse: Int, peak: Int) { state.withLock { ($0.inUse, $0.peak) } }

    func buffer(bytes: Int, on backend: CPUBackend) -> Buffer {
        let size = Self.rounded(bytes)
        let recycled = state.withLock { state -> UnsafeMutableRawPointer? in
            state.inUse += size
            state.peak = max(state.peak, state.inUse)
            guard let address = state.free[size]?.popLast() else { return nil }
            state.idle -= size
            return address.pointer
        }
        let address = recycled ?? UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        return Buffer(address: address, byteCount: size, backend: backend) { [self] in
            takeBack($0, size: size)
        }
    }

    deinit { trim() }

    func trim() {
        let idle = state.withLock { state in
            defer {
                state.free = [:]
                state.idle = 0
                state.peak = state.inUse
            }
            return state.free.values.flatMap { $0 }
        }
        for address in idle { address.pointer.deallocate() }
    }

    private func takeBack(_ pointer: UnsafeMutableRawPointer, size: Int) {
        let isKept = state.withLock { state in
            state.inUse -= size
            guard state.idle + size <= Self.idleLimit else { return false }
            state.free[size, default: []].append(Address(pointer: pointer))
            state.idle += size
            return true
        }
        if !isKept { pointer.deallocate() }
    }

    /// The next multiple of an eighth of the size's power of two, at least 64 bytes.
    private static func rounded(_ bytes: Int) -> Int {
        let least = max(bytes, 64)
        let power = 1 << (Int.bitWidth - 1 - least.leadingZeroBitCount)
        let step = max(64, power / 8)
        return (least + step - 1) / step * step
    }
}
