import Datasets
import Prompts
import Testing

@Suite struct TemplateFuzzTests {
    /// A small generator with a fixed stream, so that a failure can be met again.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let scraps = [
        "{", "}", "{{", "}}", "{answer}", "{answer", "answer", "soft", "special", "field", " 8", "8 same",
        " as a", "a", "\"", "\\",
        "\\n", "|shorten", "|trim", "|", " ", "\n", "\r\n",
        "\u{301}", "한글", "👨‍👩‍👧", "{soft 8 as a}", "{soft a}",
        "{text}", "mask",
        "{field \"", "\u{0}", "{special mask}",
    ]

    @Test(arguments: 0..<4)
    func `whatever is given is refused with a place or read and printed`(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        var read = 0
        for _ in 0..<3000 {
            let count = Int.random(in: 1...9, using: &numbers)
            let source = (0..<count).map { _ in Self.scraps.randomElement(using: &numbers) ?? "" }.joined()
            do {
                let template = try Template(source)
                read += 1
                #expect(try Template(template.printed).parts == template.parts, "\(source.debugDescription)")
            } catch {
                #expect(error.place != nil || error.rule == .empty, "\(source.debugDescription)")
            }
        }
        #expect(read > 100)
    }

    @Test func `fields with anything in them are rendered and encoded`() throws {
        var numbers = Numbers(state: 7)
        let tokenizer = WordTokenizer(["{answer}", " a"])
        let encoder = try PromptEncoder(
            Template("{soft 2}A: {a|shorten}\n{b|trim|nopunct|lowerfirst} is {answer}."), tokenizer,
            limit: 40,
            kind: .causal)
        for _ in 0..<500 {
            let fields = ["a", "b"].map { name in
                (
                    name,
                    (0..<Int.random(in: 0...6, using: &numbers)).map { _ in
                        Self.scraps.randomElement(using: &numbers) ?? ""
                    }
                )
            }
            let example = Example(fields: Dictionary(uniqueKeysWithValues: fields.map { ($0, $1.joined()) }))
            do {
                let prompt = try encoder.encode(example)
                #expect(prompt.before.count + 1 + prompt.after.count <= 40)
            } catch {
                guard case .inputTooLong = error.rule else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }
}
