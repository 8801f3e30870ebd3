import Foundation

/// One of the process's two output streams.
///
/// Results go to ``output`` and everything else to ``messages``, so that `cloze … > file` and `cloze … | …` get
/// results only.
struct Stream: Sendable {
    /// Standard output, for results.
    static let output = Stream(descriptor: STDOUT_FILENO, name: "standard output")
    /// Standard error, for everything that a person should see.
    static let messages = Stream(descriptor: STDERR_FILENO, name: "standard error")

    let descriptor: Int32
    let name: String

    /// Writes all of a text.
    ///
    /// - Throws: ``StreamError``.
    func write(_ text: String) throws(StreamError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            #if canImport(Glibc)
                let count = unsafe rest.withUnsafeBytes {
                    unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
            #else
                let count = unsafe rest.withUnsafeBytes {
                    unsafe Darwin.write(descriptor, $0.baseAddress, $0.count)
                }
            #endif
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw errno == EPIPE
                    ? .closed : .cannotWrite(name, reason: unsafe String(cString: strerror(errno)))
            }
        }
    }

    /// Writes a text and a line break.
    func print(_ text: String) throws(StreamError) { try write(text + "\n") }
}

/// A stream that takes no more.
enum StreamError: Error, CustomStringConvertible {
    /// The reader of a pipe has gone, as `head` does when it has enough.
    case closed
    /// The stream's file takes no more, as on a full disk.
    case cannotWrite(String, reason: String)

    var description: String {
        switch self {
        case .closed: "the reader has closed the pipe"
        case .cannotWrite(let name, let reason): "\(name) takes no more: \(reason)"
        }
    }
}
