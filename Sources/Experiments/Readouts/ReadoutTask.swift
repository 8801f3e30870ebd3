public import Datasets
public import Foundation
public import Prompts

/// A task whose rows are answered with their own: words to tag, questions about contexts, tables to put into words.
public struct ReadoutTask: Sendable {
    /// The name that reports and the saved prompt have.
    public var name: String
    /// How rows are answered: by tags, spans or texts.
    public var readout: Readout
    /// What is asked, for texts; other readouts ask with their fields alone.
    public var template: Template
    /// The field with the targets, for texts.
    public var target = "references"
    /// The rows to learn from.
    public var pool: URL
    /// The rows to choose by; nil to keep the last step.
    public var dev: URL?
    /// The rows that are scored once, at the end.
    public var test: URL?
    /// How the files' columns become fields.
    public var mapping = RowMapping()

    /// What is asked for texts where nothing else is said.
    public static var usualTemplate: Template {
        get throws { try Template("Data: {source}\nText:{answer}") }
    }

    /// A task of its parts.
    ///
    /// - Throws: `TemplateError`, ``ExperimentError`` for a readout that gives labels.
    public init(
        name: String, readout: Readout, template: Template? = nil, pool: URL, dev: URL? = nil,
        test: URL? = nil
    ) throws {
        guard !Readout.ofLabels.contains(readout) else { throw ExperimentError.badReadout(readout.rawValue) }
        self.name = name
        self.readout = readout
        self.template = try template ?? Self.usualTemplate
        (self.pool, self.dev, self.test) = (pool, dev, test)
    }

    /// Reads a task folder: the name and the kind of `task.json` (`tagging`, `extractive_qa` or `generation`), and
    /// `pool.jsonl` (or `train.jsonl`), `dev.jsonl` and `test.jsonl`.
    ///
    /// - Parameters:
    ///   - folder: the folder.
    ///   - readout: nil for that of the folder's kind.
    ///   - template: nil for the folder's own, or the usual one.
    /// - Throws: ``ExperimentError`` where something is missing.
    public init(folder: URL, readout: Readout? = nil, template: Template? = nil) throws {
        let file = folder.appendingPathComponent("task.json")
        let description = try Description(contentsOf: file)
        guard let readout = readout ?? description.readout else {
            throw ExperimentError.badTask(
                file.path, "its kind is none of tagging, extractive_qa and generation; give --readout")
        }
        func rows(_ names: String...) -> URL? {
            names.map(folder.appendingPathComponent).first { FileManager.default.fileExists(atPath: $0.path) }
        }
        guard let pool = rows("pool.jsonl", "train.jsonl") else {
            throw ExperimentError.badTask(folder.path, "it has neither pool.jsonl nor train.jsonl")
        }
        try self.init(
            name: description.name ?? folder.lastPathComponent, readout: readout,
            template: try template ?? description.template.map { try Template($0) }, pool: pool,
            dev: rows("dev.jsonl"), test: rows("test.jsonl"))
    }

    /// The readout of a task folder's kind; nil where its rows have labels, or nothing says what they have.
    public static func readout(ofFolder folder: URL) -> Readout? {
        (try? Description(contentsOf: folder.appendingPathComponent("task.json")))?.readout
    }

    /// The fields that rows must have to be answered.
    public var fields: [String] { readout.fields(template) }

    /// Reads rows, with what is right where it is needed.
    ///
    /// - Throws: `DatasetError` for the file and its rows.
    public func rows(_ file: URL, limit: Int? = nil) throws -> Dataset {
        var mapping = mapping
        mapping.needsLabel = false
        mapping.lists = readout.lists(target)
        mapping.reads = fields + [readout.answerField(target)]
        // Rows that are wrong are told by the file that they are in.
        let rows = try Dataset(
            contentsOf: file, mapping: mapping, name: file.lastPathComponent, metric: readout.metrics[0])
        guard let limit, limit < rows.examples.count else { return rows }
        return try Dataset(
            name: rows.name, examples: Array(rows.examples.prefix(limit)), metric: rows.metric)
    }
}

/// `task.json`, as far as it matters here.
private struct Description: Decodable {
    var name: String?
    var kind: String?
    var template: String?

    init(contentsOf url: URL) throws {
        guard let data = try? Data(contentsOf: url) else { throw ExperimentError.missingTask(url.path) }
        do { self = try JSONDecoder().decode(Description.self, from: data) } catch let error as DecodingError
        {
            throw ExperimentError.badTask(url.path, error.sentence)
        }
    }

    var readout: Readout? {
        switch kind {
        case "tagging": .tagger
        case "extractive_qa": .span
        case "generation": .text
        default: nil
        }
    }
}
