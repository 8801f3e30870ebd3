public import Datasets
public import Foundation
public import Prompts

/// A task as its folder or the command line describes it: what is read, how it is asked, what the answers are
/// called.
public struct TaskSource: Sendable {
    /// The name that reports and the saved prompt have.
    public var name: String
    /// The text with its slots.
    public var template: Template
    /// The labels and their words, in the order that tables follow.
    public var verbalizer: Verbalizer
    /// How answers are judged.
    public var metric: Metric
    /// The field with the choices of each row, whose labels are their places; nil where the same words answer all rows.
    public private(set) var choices: String?
    /// The rows to draw train and dev from.
    public var pool: URL
    /// The rows that are scored once, at the end.
    public var test: URL?
    /// How the files' columns become fields and labels.
    public var mapping: RowMapping

    /// A task of its parts.
    public init(
        name: String, template: Template, verbalizer: Verbalizer, metric: Metric = .accuracy, pool: URL,
        test: URL?,
        mapping: RowMapping = RowMapping()
    ) {
        self.name = name
        self.template = template
        self.verbalizer = verbalizer
        self.metric = metric
        self.pool = pool
        self.test = test
        self.mapping = mapping
        self.mapping.labels = mapping.labels ?? verbalizer.labels
    }

    /// Reads a task folder: `task.json` (name, labels, template, words, metric) and the rows, which lie in
    /// `pool.jsonl` (or `train.jsonl`) and `test.jsonl` unless its keys `pool` and `test` name other files.
    ///
    /// - Throws: ``ExperimentError`` where the file lacks something; `TemplateError`, `VerbalizerError`.
    public init(folder: URL, template: Template? = nil, verbalizer: Verbalizer? = nil) throws {
        let file = folder.appendingPathComponent("task.json")
        let description = try Description(contentsOf: file)
        guard let text = try template ?? description.template.map(Self.asked) else {
            throw ExperimentError.badTask(file.path, "the key 'template' is missing; give --template")
        }
        guard let answers = try verbalizer ?? description.verbalizer(file) else {
            throw ExperimentError.badTask(file.path, "the key 'words' is missing; give --words")
        }
        let usual = ["pool.jsonl", "train.jsonl"]
        guard let pool = try Self.rows(in: folder, description.pool, or: usual, file) else {
            throw ExperimentError.badTask(folder.path, "it has neither \(usual[0]) nor \(usual[1])")
        }
        self.init(
            name: description.name ?? folder.lastPathComponent, template: text, verbalizer: answers,
            metric: try description.metric.map { try Metric(named: $0) } ?? .accuracy,
            pool: pool, test: try Self.rows(in: folder, description.test, or: ["test.jsonl"], file))
    }

    /// A template that has no answer slot is asked at its end.
    private static func asked(_ text: String) throws -> Template {
        do { return try Template(text) } catch let error where error.rule == .noAnswer {
            return try Template(text + "{answer}")
        }
    }

    /// A file of rows: the one that the description names, or the first of the usual ones; nil if none is
    /// there.
    private static func rows(
        in folder: URL, _ named: String?, or usual: [String], _ description: URL
    ) throws -> URL? {
        let places = (named.map { [$0] } ?? usual).map(folder.appendingPathComponent)
        let place = places.first { FileManager.default.fileExists(atPath: $0.path) }
        if let named, place == nil {
            throw ExperimentError.badTask(description.path, "it names '\(named)', which is not in the folder")
        }
        return place
    }

    /// What a method needs to know.
    public func promptTask(limit: Int, shortening: Shortening = .tail) -> PromptTask {
        var task = PromptTask(
            name: name, template: template, verbalizer: verbalizer, limit: limit, shortening: shortening)
        task.choices = choices
        return task
    }

    /// The same task with choices that come with each row: as many labels as the pool's longest list has places.
    ///
    /// - Throws: `DatasetError` where the field holds no list, or the file cannot be read.
    public func asking(choices field: String) throws -> TaskSource {
        var source = self
        source.choices = field
        source.mapping.lists.insert(field)
        source.mapping.reads = template.fieldNames + [field]
        source.mapping.labels = nil
        let rows = try Dataset(contentsOf: pool, mapping: source.mapping).examples
        let most = try rows.map { try $0.list(field).count }.max() ?? 0
        let places = (0..<max(2, most)).map(String.init)
        source.verbalizer = try Verbalizer(labels: places, words: places)
        source.mapping.labels = places
        return source
    }

    /// Reads the pool or the test rows; labels are the verbalizer's, fields the template's.
    ///
    /// - Throws: `DatasetError` for the file and its rows, `TemplateError` for a field that the rows do not
    ///   have, ``ExperimentError`` for one that a later row lacks.
    public func rows(_ url: URL, limit: Int? = nil) throws -> Dataset {
        let rows = try Dataset(contentsOf: url, mapping: mapping, name: name, metric: metric)
        try template.check(fields: rows.examples.first.map { $0.fields.keys.sorted() } ?? [])
        let fields = template.fieldNames
        for (index, example) in rows.examples.enumerated() {
            guard let absent = fields.first(where: { example.fields[$0] == nil }) else { continue }
            throw ExperimentError.badTask(
                url.path, "\(rows.rowName(index)) has no field '\(absent)', which the template reads")
        }
        guard let limit, limit < rows.examples.count else { return rows }
        return try Dataset(
            name: rows.name, labels: rows.labels, examples: Array(rows.examples.prefix(limit)), metric: metric
        )
    }
}

/// `task.json`.
private struct Description: Decodable {
    var name: String?
    var labels: [String]?
    var template: String?
    var words: [String: Words]?
    var metric: String?
    var pool: String?
    var test: String?

    /// One word or several.
    struct Words: Decodable {
        var list: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                list = [one]
            } else {
                list = try container.decode([String].self)
            }
        }
    }

    init(contentsOf url: URL) throws {
        guard let data = try? Data(contentsOf: url) else { throw ExperimentError.missingTask(url.path) }
        do { self = try JSONDecoder().decode(Description.self, from: data) } catch let error as DecodingError
        {
            throw ExperimentError.badTask(url.path, error.sentence)
        }
    }

    func verbalizer(_ file: URL) throws -> Verbalizer? {
        guard let words else { return nil }
        let order = labels ?? words.keys.sorted()
        let missing = order.filter { words[$0] == nil }
        guard missing.isEmpty else {
            throw ExperimentError.badTask(file.path, "no words for \(missing.joined(separator: ", "))")
        }
        let extra = words.keys.filter { !order.contains($0) }.sorted()
        guard extra.isEmpty else {
            throw ExperimentError.badTask(
                file.path, "words for \(extra.joined(separator: ", ")), which the key 'labels' does not list")
        }
        return try Verbalizer(order.map { Verbalizer.Entry(label: $0, words: words[$0]?.list ?? []) })
    }
}
