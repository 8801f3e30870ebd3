internal import Datasets
public import Foundation
internal import Models
internal import Prompts

/// An experiment: which task, which methods, how often, for how long.
public struct Experiment: Sendable {
    /// What it is called.
    public var name: String
    /// The model, as the file or the command line names it.
    public var model: String
    /// The task.
    public var task: TaskSource
    /// How many positions a prompt may have.
    public var limit: Int
    /// How many test rows are scored; nil for all.
    public var testRows: Int?
    /// How many train rows a label has; several for a learning curve, in rising order.
    public var shots: [Int]
    /// One run each.
    public var seeds: [UInt64]
    /// How long the race may take, in seconds; nil to run everything.
    public var budget: Double?
    /// Which shares of the steps the rehearsals take.
    public var rehearsals: [Double]
    /// Which share of the candidates goes on after a rehearsal.
    public var keep: Double
    /// Where the values come from.
    public let settings: ExperimentSettings

    /// Resolves settings: defaults are filled in, the task's folder is read.
    ///
    /// - Throws: ``ExperimentError`` for what is missing; what the task, its template, words and metric throw.
    public init(_ settings: ExperimentSettings) throws {
        self.settings = settings
        task = try Self.task(settings)
        name = settings.text("name") ?? task.name
        guard let model = settings.text("model") else {
            throw ExperimentError.missingKey("model", reason: "name a model, or give --model")
        }
        self.model = model
        limit = settings.integer("data.limit") ?? 256
        testRows = settings.integer("data.test-rows")
        shots = Array(Set(settings.texts("shots")?.compactMap { Int($0) } ?? [16])).sorted()
        seeds = settings.texts("seeds")?.compactMap { UInt64($0) } ?? [0, 1, 2]
        budget = settings.text("budget").flatMap { TimeText($0)?.seconds }
        rehearsals = (settings.numbers("race.rehearsals") ?? [0.1, 0.3]).sorted()
        keep = settings.numbers("race.keep")?.first ?? 0.34
    }

    private static func task(_ settings: ExperimentSettings) throws -> TaskSource {
        let template = try settings.text("data.template").map { try Template($0) }
        let words = try settings.words.map { words in
            try Verbalizer(words.map { Verbalizer.Entry(label: $0.label, words: $0.words) })
        }
        let pool = settings.text("data.pool").map { URL(fileURLWithPath: $0) }
        var source: TaskSource
        if let folder = settings.text("data.task") {
            source = try TaskSource(
                folder: URL(fileURLWithPath: folder), template: template, verbalizer: words)
            if let pool { source.pool = pool }
        } else {
            guard let pool else {
                throw ExperimentError.missingKey(
                    "data", reason: "name a folder as data.task, or files as data.pool")
            }
            guard let template else {
                throw ExperimentError.missingKey(
                    "data.template", reason: "data.pool needs a template with its slots")
            }
            guard let words else {
                throw ExperimentError.missingKey("data.words", reason: "data.pool needs the label words")
            }
            source = TaskSource(
                name: pool.deletingPathExtension().lastPathComponent, template: template, verbalizer: words,
                pool: pool, test: nil)
        }
        source.test = settings.text("data.test").map { URL(fileURLWithPath: $0) } ?? source.test
        source.name = settings.text("data.name") ?? source.name
        source.metric = try settings.text("data.metric").map { try Metric(named: $0) } ?? source.metric
        let labels = source.mapping.labels
        source.mapping = try RowMapping(
            columns: settings.text("data.columns") ?? "", labelNames: settings.text("data.labels") ?? "")
        source.mapping.labels = labels
        source.mapping.reads = source.template.fieldNames
        return source
    }

    /// The files whose rows are read, pool first.
    public var files: [URL] { [task.pool, task.test].compactMap(\.self) }

    /// The experiment as a file with everything that was given and everything that was filled in, which reads back to
    /// the same experiment.
    ///
    /// - Parameter candidates: what is compared; their methods are named in the file.
    func resolved(_ candidates: [Candidate]) -> String {
        var filled = settings
        filled.fill("name", .text(name))
        filled.fill("shots", .list(shots.map { "\($0)" }))
        filled.fill("seeds", .list(seeds.map { "\($0)" }))
        filled.fill("data.limit", .text("\(limit)"))
        filled.fill("data.template", .text(task.template.source))
        filled.fill(
            "data.words", .words(task.verbalizer.entries.map { .init(label: $0.label, words: $0.words) }))
        filled.fill("data.metric", .text(task.metric.name))
        filled.fill("data.pool", .text(task.pool.path))
        filled.fill("data.test", task.test.map { .text($0.path) })
        if budget != nil {
            filled.fill("race.rehearsals", .list(rehearsals.map { "\($0)" }))
            filled.fill("race.keep", .text("\(keep)"))
        }
        filled.fill(Array(Set(candidates.map(\.way))).sorted())
        return filled.printed
    }

    // MARK: Candidates

    /// Everything that is compared, method by method, the simplest first.
    ///
    /// - Parameter isCausal: whether the model reads from left to right, so that it can be shown examples.
    /// - Throws: ``ExperimentError/nothingToCompare(_:)`` where no method is left, or one that was named cannot be run;
    ///   ``ExperimentError/badValue(_:value:allowed:place:)``.
    public func candidates(isCausal: Bool) throws -> [Candidate] {
        let named = settings.methods
        let ways = (named.isEmpty ? WayOfPrompting.allCases : named.sorted())
        var candidates: [Candidate] = []
        for way in ways {
            if way.needsCausalModel, !isCausal {
                guard named.isEmpty else {
                    throw ExperimentError.nothingToCompare(
                        "\(way.rawValue) needs a model that reads from left to right; this one is a masked model"
                    )
                }
                continue
            }
            let hasRows = shots.contains { $0 > 0 }
            let own = try self.candidates(of: way).filter { hasRows || !$0.dependsOnRows }
            guard way != .patterns || !own.isEmpty || named.isEmpty else {
                throw ExperimentError.missingKey(
                    "methods.\(way.rawValue).templates", reason: "\(way.rawValue) needs templates to try")
            }
            candidates += own
        }
        guard !candidates.isEmpty else {
            throw ExperimentError.nothingToCompare(
                "no method that is named can be run without rows; name zero-shot")
        }
        return candidates
    }

    private func candidates(of way: WayOfPrompting) throws -> [Candidate] {
        var grid = settings.grid(way)
        switch way {
        case .zeroShot: return [Candidate(.zeroShot, .template)]
        case .calibrated:
            let methods = settings.texts("methods.calibrated.correction") ?? ["contextual", "bias"]
            return methods.compactMap { name in
                LabelCalibration.Method(rawValue: name).map { Candidate(way, .corrected($0), variant: name) }
            }
        case .patterns:
            let templates = settings.texts("methods.patterns.templates") ?? []
            return try templates.enumerated().map { index, text in
                let template = try Template(text)
                try template.check(fields: task.template.fieldNames)
                return Candidate(way, .pattern(text), variant: "template \(index + 1)")
            }
        case .fewShot:
            if !grid.contains(where: { $0.name == "examples" }) {
                grid.insert(("examples", ["4", "8"]), at: 0)
            }
        case .autoPrompt: break
        default:
            if budget != nil, !grid.contains(where: { $0.name == "rate" }) {
                grid.append(("rate", ["automatic", "automatic*3", "automatic*0.3"]))
            }
        }
        return try Self.combinations(of: grid).map { chosen in
            let varied = chosen.filter { pair in (grid.first { $0.name == pair.name }?.values.count ?? 0) > 1
            }
            return Candidate(
                way, try recipe(way, chosen),
                variant: varied.map { "\($0.name) \($0.value)" }.joined(separator: ", "))
        }
    }

    private func recipe(_ way: WayOfPrompting, _ chosen: [(name: String, value: String)]) throws
        -> Candidate.Recipe
    {
        let texts = Dictionary(chosen.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        switch way {
        case .fewShot:
            return .examples(
                DemonstrationSettings(
                    instruction: texts["instruction"], shots: texts["examples"].flatMap { Int($0) } ?? 8,
                    selection: texts["select"].flatMap { DemonstrationSelection(rawValue: $0) } ?? .balanced,
                    order: texts["order"].flatMap { DemonstrationOrder(rawValue: $0) } ?? .asDrawn))
        case .autoPrompt:
            var search = AutoPrompt.Settings()
            search.triggers = texts["triggers"].flatMap { Int($0) } ?? search.triggers
            search.iterations = texts["iterations"].flatMap { Int($0) } ?? search.iterations
            search.candidates = texts["candidates"].flatMap { Int($0) } ?? search.candidates
            search.measure = texts["measure"].flatMap { AutoPrompt.Measure(rawValue: $0) } ?? search.measure
            return .search(search)
        default:
            return .training(try choice(way, texts))
        }
    }

    private func choice(_ way: WayOfPrompting, _ texts: [String: String]) throws(ExperimentError)
        -> MethodChoice
    {
        do { return try MethodChoice(named: way.rawValue, texts) } catch {
            guard case .badSetting(let name, let value, let allowed) = error else {
                throw .nothingToCompare("\(error)")
            }
            let path = "methods.\(way.rawValue).\(name)"
            throw .badValue(path, value: value, allowed: allowed, place: settings.place(path))
        }
    }

    /// Every combination of the lists' values; the first of each list first.
    private static func combinations(
        of grid: [(name: String, values: [String])]
    ) -> [[(name: String, value: String)]] {
        grid.reduce([[]]) { combinations, setting in
            combinations.flatMap { chosen in setting.values.map { chosen + [(setting.name, $0)] } }
        }
    }
}
