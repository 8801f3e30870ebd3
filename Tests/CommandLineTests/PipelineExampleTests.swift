import Foundation
import Testing

/// Examples/Pipeline: the three steps of prompting on a Korean sentence.
@Suite struct PipelineExampleTests {
    private static let models = ProcessInfo.processInfo.environment["CLOZE_MODELS"].map {
        URL(fileURLWithPath: $0)
    }

    /// The answers with their probabilities, in the order in which they were printed.
    private func answers(_ output: String) -> [(text: String, percent: Double, label: String)] {
        output.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 5, parts[2] == "%", let percent = Double(parts[1]) else { return nil }
            return (String(parts[0]), percent, String(parts[4]))
        }
    }

    @Test func `each step shows its result`() throws {
        let place = try Workplace()
        let outcome = try Program(in: place.folder).run(example: "Pipeline", [Workplace.model.path])
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(outcome.output.contains("1. prompt\n   이 기사는 ____에 관한 내용입니다: 국내 IT 업계가"))
        let answers = answers(outcome.output)
        #expect(Set(answers.map(\.text)) == ["경제", "복지", "기술", "여행", "문화"])
        #expect(abs(answers.reduce(0) { $0 + $1.percent } - 100) < 0.3)
        #expect(answers.map(\.percent) == answers.map(\.percent).sorted(by: >))
        let meant = Dictionary(uniqueKeysWithValues: answers.map { ($0.text, $0.label) })
        #expect(meant == ["경제": "비즈니스", "복지": "비즈니스", "기술": "과학", "여행": "글로벌", "문화": "스포츠"])
        let label = outcome.output.split(separator: "\n").last.map { $0.trimmingCharacters(in: .whitespaces) }
        let shares = Dictionary(grouping: answers, by: \.label).mapValues { $0.reduce(0) { $0 + $1.percent } }
        #expect(shares[label ?? ""] ?? 0 >= (shares.values.max() ?? 101) - 0.2)
    }

    @Test(.enabled(if: models != nil, "CLOZE_MODELS is not set"))
    func `a real model finds technology in a sentence about the IT industry`() throws {
        let place = try Workplace()
        let model = try #require(Self.models).appendingPathComponent("gemma3-270m.gguf")
        guard FileManager.default.fileExists(atPath: model.path) else { return }
        let outcome = try Program(in: place.folder).run(example: "Pipeline", [model.path])
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(answers(outcome.output).first?.text == "기술")
        #expect(outcome.output.hasSuffix("3. label\n   과학\n"))
    }

    @Test func `without a model it says how it is used`() throws {
        let outcome = try Program(in: Workplace().folder).run(example: "Pipeline", [])
        #expect(outcome.status == 64 && outcome.messages.contains("usage"))
    }
}
