public import Foundation
public import Prompts

/// What a comparison needs to know beside the experiment.
public struct ComparisonPlan: Sendable {
    /// The experiment.
    public var experiment: Experiment
    /// Where prompts and the report are left, a folder; nil to leave nothing.
    public var output: URL?
    /// Where a comparison that is killed keeps what it needs to go on, if nothing is left elsewhere.
    public var work: URL
    /// Whether an unfinished comparison of the same experiment is gone on with.
    public var goesOn = true
    /// The arguments behind `cloze`, for the record.
    public var command: [String]
    /// The version of the program, for the record.
    public var version: String
    /// The run that this one makes again.
    public var reproduces: RunRecord.ID?

    /// A plan of its parts.
    public init(_ experiment: Experiment, work: URL, command: [String], version: String) {
        (self.experiment, self.work) = (experiment, work)
        (self.command, self.version) = (command, version)
    }
}

/// What happens in a comparison.
public enum ComparisonEvent: Sendable {
    /// The rows were read and the label words encoded; so many candidates stand at the start.
    case began(run: String, candidates: Int, words: String)
    /// So many pieces were found finished, of an earlier process.
    case wentOn(pieces: Int)
    /// A piece began: what it is, in words, and how much of the budget is spent.
    case piece(String, steps: Int?, spent: Double)
    /// So many steps of it are made.
    case progress(Int)
    /// What a method reports.
    case method(MethodEvent)
    /// A piece ended, with this score on dev or test.
    case result(String)
    /// The finalists are known.
    case finalists([String], seeds: Int)
    /// Something that the user should know.
    case warning(String)
}
