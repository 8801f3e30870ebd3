internal import Datasets
internal import Foundation
public import Prompts

/// What a subcommand was told, as its run keeps it: JSON with sorted keys.
private struct PlanSettings<Method: Encodable>: Encodable {
    var task: String
    var template: Template
    var words: Verbalizer
    var metric: String
    var pool: String
    var test: String?
    var perLabel: Int
    var seed: UInt64
    var limit: Int
    var testLimit: Int?
    var method: Method

    init(_ task: TaskSource, perLabel: Int, seed: UInt64, limit: Int, testLimit: Int?, _ method: Method) {
        (self.task, template, words, metric) = (task.name, task.template, task.verbalizer, task.metric.name)
        (pool, test) = (task.pool.standardizedFileURL.path, task.test?.standardizedFileURL.path)
        (self.perLabel, self.seed, self.limit, self.testLimit) = (perLabel, seed, limit, testLimit)
        self.method = method
    }

    var text: String {
        (try? RunRecorder.encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension TeachingPlan {
    /// The plan as its run keeps it.
    public var settings: String {
        PlanSettings(task, perLabel: perLabel, seed: seed, limit: limit, testLimit: testLimit, method).text
    }
}

extension TriggerPlan {
    /// The plan as its run keeps it.
    public var settings: String {
        PlanSettings(task, perLabel: perLabel, seed: seed, limit: limit, testLimit: testLimit, search).text
    }
}

extension WordPlan {
    /// The plan as its run keeps it.
    public var settings: String {
        PlanSettings(task, perLabel: perLabel, seed: seed, limit: limit, testLimit: testLimit, source).text
    }
}

extension ReadoutPlan {
    /// The plan as its run keeps it.
    public var settings: String {
        struct Settings: Encodable {
            var task, template: String
            var trainRows, devRows, testRows: Int?
            var seed: UInt64
            var limit: Int
            var method: MethodChoice
            var spans: SpanSettings
            var texts: TextSettings
        }
        let settings = Settings(
            task: task.name, template: task.template.source, trainRows: trainRows, devRows: devRows,
            testRows: testRows, seed: seed, limit: limit, method: method, spans: spans, texts: texts)
        return (try? RunRecorder.encoder.encode(settings)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension PETPlan {
    /// The plan as its run keeps it.
    public var settings: String {
        PlanSettings(task, perLabel: perLabel, seed: seed, limit: limit, testLimit: testLimit, method).text
    }
}

extension PromptManifest {
    /// The prompt that was evaluated, as the run keeps it: all but what was measured before.
    public var settingsForRuns: String {
        var manifest = self
        (manifest.measurements, manifest.probe) = ([:], [])
        return (try? RunRecorder.encoder.encode(manifest)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
