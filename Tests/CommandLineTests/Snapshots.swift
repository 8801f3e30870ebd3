import Foundation
import TestSupport
import Testing

/// Texts that the program printed when a person last read them.
///
/// `RECORD_SNAPSHOTS=1 swift test` writes them anew and fails, so that nobody records unseen.
enum Snapshots {
    private static let folder = Golden.folder.appendingPathComponent("command_line")

    /// Compares a text with the one on record; paths of this machine are replaced by names.
    static func expect(
        _ text: String, named name: String, in workplace: Workplace,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = text.replacingOccurrences(of: workplace.folder.path, with: "HERE")
            .replacingOccurrences(of: Workplace.model.path, with: "MODEL")
        let file = folder.appendingPathComponent(name + ".txt")
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(found.utf8).write(to: file)
            Issue.record("recorded \(name)", sourceLocation: sourceLocation)
            return
        }
        let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? "(no snapshot)"
        #expect(found == expected, sourceLocation: sourceLocation)
    }
}
