internal import Checkpoints
public import Foundation
internal import Prompts

/// The folder that a comparison leaves: the report in every form, its figures, and the finalists' prompts.
public struct ReportFolder: Sendable {
    /// Where it lies.
    public let url: URL

    /// The folder at a place, which is made.
    ///
    /// - Throws: `PromptError.exists(_:)` where a finished report is there and may not be replaced,
    ///   `PromptError.cannotWrite(_:reason:)`.
    public init(_ url: URL, replacing: Bool) throws {
        self.url = url.standardizedFileURL
        let report = self.url.appendingPathComponent("report.html")
        if FileManager.default.fileExists(atPath: report.path), !replacing {
            throw PromptError.exists(report.path)
        }
        do { try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true) } catch
        {
            throw PromptError.cannotWrite(self.url.path, reason: error.localizedDescription)
        }
        // A probe: what cannot be written is said before anything runs.
        try write("probe", as: ".probe")
        try? FileManager.default.removeItem(at: self.url.appendingPathComponent(".probe"))
    }

    /// Writes a report.
    public func write(_ report: ComparisonReport) throws {
        let encoder = RunRecorder.encoder
        encoder.outputFormatting.insert(.prettyPrinted)
        try write(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n", as: "report.json")
        try write(report.experiment, as: "experiment.yaml")
        let texts = ComparisonTexts(report)
        try write(texts.markdown, as: "report.md")
        try write(texts.csv, as: "report.csv")
        for figure in ComparisonFigures(report).all {
            try write(figure.drawing.file, as: "figures/\(figure.name).svg")
        }
        try write(ComparisonPage(report).html, as: "report.html")
        try? FileManager.default.removeItem(at: url.appendingPathComponent(".work"))
    }

    private func write(_ text: String, as name: String) throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let atomic = try AtomicFile(replacing: file)
        try atomic.write(Array(text.utf8))
        try atomic.commit()
    }
}
