import Foundation
import Testing

@Suite struct InspectTests {
    @Test func `a model shows its shape and its weights`() throws {
        let place = try Workplace()
        let outcome = try place.cloze("inspect", Workplace.model.path)
        #expect(outcome.status == 0)
        try Snapshots.expect(outcome.output, named: "output/inspect-model", in: place)
        let document = try place.cloze("inspect", Workplace.model.path, "--json").json()
        #expect(document["layers"] as? Int == 2)
        #expect(document["parameters"] as? Int == 28320)
    }

    @Test func `a prompt shows its rows beside the vocabulary, with a warning`() throws {
        let place = try Workplace()
        try place.writeRows()
        #expect(try place.train("learned").status == 0)
        let outcome = try place.cloze("inspect", "learned", "--model", Workplace.model.path)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("Nearest tokens are mostly noise"))
        let document = try place.cloze("inspect", "learned", "--model", Workplace.model.path, "--json").json()
        #expect((document["rows"] as? [Any])?.count == 4)
        let norms = document["vocabularyNorms"] as? [Double] ?? []
        #expect(norms == norms.sorted() && norms.count == 3)
        let alone = try place.cloze("inspect", "learned", "--json").json()
        #expect(alone["vocabularyNorms"] == nil)
    }

    @Test func `data shows its rows, labels and findings`() throws {
        let place = try Workplace()
        try place.writeRows()
        let outcome = try place.cloze("inspect", ".", "--model", Workplace.model.path)
        try Snapshots.expect(outcome.output, named: "output/inspect-data", in: place)
        let document = try place.cloze("inspect", "pool.jsonl", "--json").json()
        let summaries = (document["report"] as? [String: Any])?["summaries"] as? [[String: Any]]
        #expect(summaries?.first?["rows"] as? Int == 20)
    }

    @Test func `doctor names the machine and runs a model once`() throws {
        let document = try Workplace().cloze("doctor", ["--json"]).json()
        #expect(["avx512", "avx2", "neon", "plain"].contains(document["instructionSet"] as? String))
        #expect((document["multiplicationsASecond"] as? Double ?? 0) > 1e6)
        let model = document["model"] as? [String: Any]
        #expect(model?["finite"] as? Bool == true)
        #expect(model?["parameters"] as? Int == 28320)
    }
}
