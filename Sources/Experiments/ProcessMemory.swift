internal import Foundation

/// What this process takes of the machine's memory.
public enum ProcessMemory {
    /// The most bytes that were resident at once, mapped files that were read included.
    public static var peakBytes: Int {
        var usage = rusage()
        #if os(macOS)
            guard unsafe getrusage(RUSAGE_SELF, &usage) == 0 else { return 0 }
            return usage.ru_maxrss
        #else
            guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
            return usage.ru_maxrss * 1024
        #endif
    }
}
