import Foundation
import TestSupport
import Testing

@Suite struct TokenizeTests {
    @Test func `ids are those of the reference and decoding gives the text back`() throws {
        let golden = try Golden("command_line/next_tokens")
        let texts = try JSONDecoder().decode([String].self, from: Data((golden.metadata["texts"] ?? "").utf8))
        let place = try Workplace()
        for (index, text) in texts.enumerated() {
            let document = try place.cloze("tokenize", [text, "--json"]).json()
            let ids = (document["tokens"] as? [[String: Any]])?.compactMap { $0["id"] as? Int }
            #expect(try ids == golden.integers("\(index).ids").map { Int($0) })
            #expect(document["roundTrip"] as? Bool == true)
            #expect(document["schema"] as? Int == 1)
        }
    }

    @Test func `ids become the text they came from`() throws {
        let place = try Workplace()
        let document = try place.cloze("tokenize", ["맛있고, a gem", "--json"]).json()
        let ids = (document["tokens"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } ?? []
        let back = try place.cloze(
            "tokenize", ["--ids", ids.map(String.init).joined(separator: ","), "--json"]
        ).json()
        #expect(back["decoded"] as? String == "맛있고, a gem")
    }

    @Test func `a text may come from standard input`() throws {
        let place = try Workplace()
        let piped = try place.cloze("tokenize", ["--json"], input: Data("It was good\n".utf8))
        #expect(try piped.output == place.cloze("tokenize", ["--json", "It was good"]).output)
    }

    @Test func `the table is as it was read`() throws {
        let place = try Workplace()
        try Snapshots.expect(
            place.cloze("tokenize", ["a gem, 맛있고"]).output, named: "output/tokenize", in: place)
    }

    @Test(arguments: ["x", "400", "-1"])
    func `an id that is none is refused`(id: String) throws {
        let outcome = try Workplace().cloze("tokenize", ["--ids=\(id)"])
        #expect(outcome.status == 64)
        #expect(outcome.messages.contains(id))
    }
}
