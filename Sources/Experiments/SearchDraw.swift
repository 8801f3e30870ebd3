internal import Datasets
internal import Foundation
internal import Models
internal import Prompts

/// What a search of a hard prompt works with: rows that were drawn, test rows behind their lock, and a folder that was
/// found writable before hours are spent.
struct SearchDraw {
    let split: FewShotSplit
    private let folder: PromptFolder
    private let isReplacing: Bool
    private let locked: LockedTest
    private let start = Date()

    /// - Throws: ``ExperimentError/noTestRows(_:)``; `PromptError` for the folder; `DatasetError` for the rows.
    init(
        _ task: TaskSource, perLabel: Int, devPerLabel: Int?, seed: UInt64, testLimit: Int?, output: URL,
        isReplacing: Bool
    ) throws {
        folder = PromptFolder(output)
        self.isReplacing = isReplacing
        try folder.checkWritable(replacing: isReplacing)
        guard let testFile = task.test else { throw ExperimentError.noTestRows(task.name) }
        split = try FewShotSplit(
            try task.rows(task.pool), perLabel: perLabel, devPerLabel: devPerLabel, seed: seed)
        locked = try LockedTest(try task.rows(testFile, limit: testLimit))
    }

    /// What the table says of a search.
    struct Measured {
        var metric: String
        /// The majority class, the prompt it set out from, the prompt that was found.
        var rows: [TeachingRow]
        /// How likely chance alone would make the difference (exact McNemar).
        var probabilityOfChance: Double
        /// How long the search took.
        var seconds: Double
    }

    /// Opens the test rows, answers them with both prompts, saves the found one and proves that it can be read back.
    func measure(
        _ found: (prompt: Prompt, name: String), besides own: (prompt: Prompt, name: String),
        _ pretrained: PretrainedModel
    ) throws -> Measured {
        let seconds = Date().timeIntervalSince(start)
        let test = try locked.open(for: "\(folder.url.path) \(start.timeIntervalSince1970)")
        let before = try TestAnswers(own.prompt, pretrained, test)
        let after = try TestAnswers(found.prompt, pretrained, test)
        var prompt = found.prompt
        prompt.manifest.measurements = [
            "test \(test.metric.name)": after.evaluation.value, "search seconds": seconds,
        ]
        try folder.write(prompt, replacing: isReplacing)
        try folder.read(on: pretrained.backend).verify(pretrained)
        return Measured(
            metric: test.metric.name,
            rows: [
                try TestAnswers.majority(test), before.row(own.name), after.row(found.name, seconds: seconds),
            ], probabilityOfChance: try after.chance(against: before), seconds: seconds)
    }
}
