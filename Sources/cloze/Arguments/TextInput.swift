import Datasets
import Foundation

/// Text that comes as an argument or from standard input.
enum TextInput {
    private static let read = ReadOnce()

    /// The argument, or all of standard input without its final line break.
    ///
    /// - Throws: `DatasetError` where the input is not UTF-8.
    static func text(_ argument: String?) throws -> String {
        if let argument { return argument }
        return try read.text()
    }
}

/// Standard input can be read once; what it said can be asked for again.
private final class ReadOnce: Sendable {
    private let contents = Result { try FileHandle.standardInput.readToEnd() ?? Data() }

    private func bytes() throws -> [UInt8] {
        do { return Array(try contents.get()) } catch {
            let reason = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError) ?? error as NSError
            throw DatasetError.unreadable(file: "standard input", reason: reason.localizedDescription)
        }
    }

    func text() throws -> String {
        var bytes = try bytes()
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return try Lines.decode(bytes, line: 1, file: "standard input", offset: 0)
    }
}
