public import Foundation

/// One run as it is kept: a training, an evaluation, a search, a comparison or one of its trials.
public struct RunRecord: Codable, Hashable, Sendable, Identifiable {
    /// How a run stands.
    public enum Status: String, Codable, Sendable {
        case running, finished, failed, stopped
    }

    /// Its name, `20261124-181930-k3f9`: when it began (UTC), and four letters of chance.
    public var id: String
    /// The subcommand, or `trial` for a part of a comparison.
    public var kind: String
    /// What it is about: the task, or a trial's candidate.
    public var name: String
    /// The comparison that a trial is a part of.
    public var parent: String?
    /// The run that this one was to make again.
    public var reproduces: String?
    /// What the result depends on, hashed; a killed comparison finds its trials by it.
    public var identity: String?
    /// How it stands.
    public var status: Status
    /// The process and the machine that make it.
    public var process: Int
    /// The machine that makes it.
    public var host: String
    /// Seconds since 1970.
    public var started: Double
    /// Nil while it runs.
    public var ended: Double?
    /// The task's metric, and its value on the test rows.
    public var metric: String?
    /// The metric on the test rows.
    public var value: Double?
    /// The arguments behind `cloze`, and where it was called.
    public var command: [String]
    /// Where it was called.
    public var folder: String
    /// The resolved settings: an experiment file, or JSON.
    public var settings: String
    /// What it was made with.
    public var manifest: EnvironmentManifest
    /// What it found, as JSON.
    public var report: String?
    /// Why it failed.
    public var failure: String?

    package init(
        id: String, kind: String, name: String, parent: String? = nil, reproduces: String? = nil,
        identity: String? = nil, status: Status, process: Int, host: String, started: Double,
        ended: Double? = nil,
        metric: String? = nil, value: Double? = nil, command: [String], folder: String, settings: String,
        manifest: EnvironmentManifest
    ) {
        (self.id, self.kind, self.name, self.parent, self.reproduces) = (id, kind, name, parent, reproduces)
        (self.identity, self.status, self.process, self.host) = (identity, status, process, host)
        (self.started, self.ended, self.metric, self.value) = (started, ended, metric, value)
        (self.command, self.folder, self.settings, self.manifest) = (command, folder, settings, manifest)
    }

    /// How long it took; nil while it runs.
    public var seconds: Double? { ended.map { $0 - started } }

    /// When it began.
    public var start: Date { Date(timeIntervalSince1970: started) }

    /// What it found, as one kind of report; nil where there is none, or one of another layout.
    func found<Report: Decodable>(_ kind: Report.Type) -> Report? {
        report.flatMap { try? JSONDecoder().decode(kind, from: Data($0.utf8)) }
    }
}

/// One step of a run.
public struct StepRecord: Codable, Hashable, Sendable {
    /// The run.
    public var run: String
    /// Counted from 1.
    public var step: Int
    /// The loss before the step; nil where only dev was looked at.
    public var loss: Double?
    /// The norm of all gradients together.
    public var gradientNorm: Double?
    /// The learning rate.
    public var rate: Double?
    /// How long the step took.
    public var seconds: Double?
    /// The dev score after the step, where it was looked at.
    public var dev: Double?

    package init(
        run: String, step: Int, loss: Double? = nil, gradientNorm: Double? = nil, rate: Double? = nil,
        seconds: Double? = nil, dev: Double? = nil
    ) {
        (self.run, self.step, self.loss, self.gradientNorm) = (run, step, loss, gradientNorm)
        (self.rate, self.seconds, self.dev) = (rate, seconds, dev)
    }
}

/// The answer of a run to one row.
public struct PredictionRecord: Codable, Hashable, Sendable {
    /// The run.
    public var run: String
    /// `test`.
    public var split: String
    /// The row's place in its file, from 0.
    public var row: Int
    /// The row's own name, or its place from 1.
    public var name: String
    /// The right label.
    public var expected: String?
    /// The answer.
    public var label: String
    /// The labels' probabilities, in the verbalizer's order.
    public var probabilities: [Float]
    /// How many tokens of the row were cut to fit.
    public var tokensCut: Int
}

/// A file or folder that a run has left.
public struct ArtifactRecord: Codable, Hashable, Sendable {
    /// The run.
    public var run: String
    /// What it is, such as `prompt`.
    public var name: String
    /// Where it lies.
    public var path: String
    /// How much it takes.
    public var bytes: Int
    /// The SHA-256 of its files' names and contents.
    public var sha256: String
}
