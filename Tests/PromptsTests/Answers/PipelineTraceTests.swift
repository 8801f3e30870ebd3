import Datasets
import Foundation
import Prompts
import Testing

@Suite struct PipelineTraceTests {
    private func mapping() throws -> AnswerMapping {
        try AnswerMapping(
            Verbalizer(["부정": [" 나쁨", "별로"], "positive": ["great", "Good"], "name": ["good"]]))
    }

    @Test func `several answers mean one label`() throws {
        let mapping = try mapping()
        #expect(mapping.label(for: "나쁨") == "부정")
        #expect(mapping.label(for: " 별로\n") == "부정")
        #expect(mapping.label(for: "awful") == nil)
    }

    @Test func `case counts only where it parts labels`() throws {
        let mapping = try mapping()
        #expect(mapping.label(for: "GREAT") == "positive")
        #expect(mapping.label(for: "Good") == "positive")
        #expect(mapping.label(for: "good") == "name")
        #expect(mapping.label(for: "GOOD") == nil)
    }

    @Test func `without labels the answer is the result`() throws {
        #expect(AnswerMapping.identity.label(for: " in Paris.\n") == "in Paris.")
    }

    @Test func `the three steps are printed in columns`() throws {
        let prompt = try Template("{soft 2}리뷰: {text}\n감정: {answer}").render(
            Example(fields: ["text": "최고예요"]))
        let trace = PipelineTrace(
            prompt, answers: [(" 별로", 0.125), (" great", 0.75), (" 한글", 0.125)], try mapping())
        #expect(trace.label == "positive")
        #expect(
            trace.description == """
                prompt
                  ‹soft 2›리뷰: 최고예요
                  감정: ____
                answers
                  " great"  ███████████████        75.0%  → positive
                  " 별로"   ███                    12.5%  → 부정
                  " 한글"   ███                    12.5%  → (no label)
                label   positive
                """)
    }

    @Test func `the rule's label goes before that of the best answer`() throws {
        let prompt = try Template("{answer}").render(Example(fields: [:]))
        let trace = PipelineTrace(
            prompt, answers: [("great", 0.4), ("나쁨", 0.35)], try mapping(), label: "부정")
        #expect(trace.label == "부정" && trace.answers[0].label == "positive")
        let data = try JSONEncoder().encode(trace)
        #expect(try JSONDecoder().decode(PipelineTrace.self, from: data) == trace)
    }

    @Test func `a trace without answers, or with none that can be drawn, is printed`() throws {
        let prompt = try Template("{answer}").render(Example(fields: [:]))
        #expect(PipelineTrace(prompt, answers: [], .identity).description.hasSuffix("label   (none)"))
        #expect(PipelineTrace(prompt, answers: [("x", .nan)], .identity).description.contains("  0.0%"))
    }
}
