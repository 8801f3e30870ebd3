import Foundation
import TestSupport

/// A folder of its own for one test, with small data files; it goes when the test ends.
final class Workplace: Sendable {
    /// The tiny model, made by Oracles/command_line/tiny_model.py.
    static let model = Golden.folder.appendingPathComponent("command_line/model")

    /// The tiny masked model, made by Oracles/command_line/tiny_masked_model.py.
    static let maskedModel = Golden.folder.appendingPathComponent("command_line/masked_model")

    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("cloze-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The template and words that most tests ask with.
    static let question = [
        "--template", "{text} It was {answer}.", "--words", "negative=terrible,positive=great",
    ]

    /// Runs the program here.
    func cloze(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try Program(in: folder, environment: environment).run(arguments, input: Data(input.utf8))
    }

    /// Runs the program here on the tiny model.
    func cloze(
        _ command: String, on model: URL = Workplace.model, _ arguments: [String], input: Data = Data()
    ) throws
        -> Program.Outcome
    {
        try Program(in: folder).run([command, "--model", model.path] + arguments, input: input)
    }

    /// Writes a file.
    @discardableResult
    func write(_ name: String, _ contents: String) throws -> URL { try write(name, Data(contents.utf8)) }

    @discardableResult
    func write(_ name: String, _ contents: Data) throws -> URL {
        let file = folder.appendingPathComponent(name)
        try contents.write(to: file)
        return file
    }

    func contents(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    /// What lies here, but for the streams of runs and the store of runs.
    var names: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { !$0.hasPrefix(".streams") && $0 != ".cloze" }.sorted()
    }

    /// `pool.jsonl` and `test.jsonl` with two labels.
    func writeRows() throws {
        let good = ["gem", "joy", "hit", "win", "peak", "star", "feast", "treat", "gift", "dream"]
        let bad = ["mess", "bore", "flop", "loss", "low", "dud", "waste", "drag", "curse", "bomb"]
        func rows(_ range: Range<Int>, _ lead: String) -> String {
            range.map { index in
                """
                {"id":"p\(index)","text":"\(lead) \(good[index]) of a film","label":"positive"}
                {"id":"n\(index)","text":"\(lead) \(bad[index]) of a film","label":"negative"}

                """
            }.joined()
        }
        try write("pool.jsonl", rows(0..<10, "a"))
        try write("test.jsonl", rows(2..<8, "the"))
    }

    /// Trains a prompt on these rows.
    func train(_ output: String, _ more: [String] = []) throws -> Program.Outcome {
        try cloze("train", trainingArguments(output) + more)
    }

    func trainingArguments(_ output: String) -> [String] {
        [
            "--data", "pool.jsonl", "--test", "test.jsonl", "--per-label", "4", "--soft-rows", "4", "--steps",
            "12",
        ]
            + Self.question + ["--output", output]
    }

    /// A copy of the tiny model whose weight file is changed.
    func copyModel(_ name: String, changing change: (inout SafetensorsBytes) throws -> Void = { _ in }) throws
        -> URL
    {
        let copy = folder.appendingPathComponent(name)
        try FileManager.default.copyItem(at: Self.model, to: copy)
        let file = copy.appendingPathComponent("model.safetensors")
        var bytes = try SafetensorsBytes(try Data(contentsOf: file))
        try change(&bytes)
        try bytes.data().write(to: file)
        return copy
    }
}

/// A safetensors file taken apart, so that a test can break it.
struct SafetensorsBytes {
    var header: [String: Any]
    var tensors: Data

    init(_ data: Data) throws {
        let length = (0..<8).reduce(0) { $0 | Int(data[$1]) << (8 * $1) }
        header = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any] ?? [:]
        tensors = Data(data[(8 + length)...])
    }

    func data() throws -> Data {
        let header = try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
        return Data((0..<8).map { UInt8(header.count >> (8 * $0) & 0xFF) }) + header + tensors
    }

    /// Sets a key of a tensor's entry.
    mutating func set(_ key: String, of tensor: String, to value: Any) {
        var entry = header[tensor] as? [String: Any] ?? [:]
        entry[key] = value
        header[tensor] = entry
    }
}
