import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// `cloze predict` with a prompt that answers rows with their own: tags, spans, texts.
struct PredictReadout {
    let command: Predict
    let prompt: Prompt

    private struct Document: Encodable {
        let prompt: String
        let predictions: [ReadoutAnswer]
    }

    func run() throws {
        let console = command.general.begin()
        if let file = command.file { try InputFile(file).check() }
        guard !command.shown.isAsked else { throw UsageError("--shots go with labels") }
        guard command.voting.voteWith.isEmpty else { throw UsageError("--vote-with goes with labels") }
        if prompt.manifest.texts == nil, let name = command.writing.given.first {
            throw UsageError("\(name) goes with prompts that write texts, not with '\(prompt.id)'")
        }
        let pretrained = try command.model.load(console)
        let writing = prompt.manifest.texts.map { command.writing.settings(over: $0) }
        let answering = try prompt.answering(pretrained, writing: writing)
        var (source, answers, cut) = (try rowSource(), [ReadoutAnswer](), 0)
        while let examples = try source.next() {
            let rows = examples.map(readable)
            let batch = try answering.answers(rows) { _ in }
            cut += batch.count { $0.tokensCut > 0 }
            let documents = zip(rows, batch).map { ReadoutAnswer($0, $1, prompt) }
            if command.general.json {
                answers += documents
            } else {
                for document in documents { try write(document) }
            }
        }
        if command.general.json {
            try Stream.output.print(json: Document(prompt: prompt.id, predictions: answers), of: "predict")
        }
        source.tellOfEmptyLines(console)
        if cut > 0 { console.warning("\(cut) row\(cut == 1 ? " was" : "s were") too long to be read whole") }
    }

    /// Plain texts fill the one field; those to be tagged are parted into words by white space.
    private func readable(_ example: Example) -> Example {
        guard prompt.readout == .tagger, (try? example.list("tokens")) == nil,
            let text = example.fields["tokens"],
            let list = try? JSONEncoder().encode(text.split(whereSeparator: \.isWhitespace).map(String.init))
        else { return example }
        var copy = example
        copy.fields["tokens"] = String(decoding: list, as: UTF8.self)
        return copy
    }

    private func rowSource() throws -> RowSource {
        let fields = prompt.readout.fields(prompt.manifest.template)
        if !command.texts.isEmpty { return try RowSource(texts: command.texts, fields: fields) }
        var mapping = try command.rows.mapping(needsLabel: false)
        mapping.lists = prompt.readout.lists()
        guard let file = command.file else {
            return try RowSource(
                .standardInput, file: "standard input", format: command.format ?? .lines, mapping: mapping,
                fields: fields)
        }
        let format = command.format ?? RowFormat(of: URL(fileURLWithPath: file))
        return try RowSource(
            InputFile(file).open(), file: file, format: format, mapping: mapping, fields: fields)
    }

    private func write(_ answer: ReadoutAnswer) throws {
        if command.jsonl { return try Stream.output.print(json: answer, of: "predict", isLine: true) }
        try Stream.output.print(answer.text)
    }
}
