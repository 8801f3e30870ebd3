import Foundation
import Testing
import Tokenizers

@Suite struct UnicodeFormTests {
    private struct File: Decodable {
        var forms: [String]
        var cases: [[String]]
    }

    @Test func `normalization forms are those of the reference`() throws {
        let data = try Data(contentsOf: Golden.folder.appending(path: "forms.json"))
        let file = try JSONDecoder().decode(File.self, from: data)
        #expect(file.forms == UnicodeForm.allCases.map(\.rawValue))
        #expect(file.cases.count > 900)
        for texts in file.cases {
            for (form, expected) in zip(UnicodeForm.allCases, texts.dropFirst()) {
                var bytes = Array(texts[0].utf8)
                form.apply(to: &bytes)
                let scalars = texts[0].unicodeScalars.map { String($0.value, radix: 16) }
                #expect(bytes.elementsEqual(expected.utf8), "\(form) \(scalars.prefix(8))")
            }
        }
    }

    @Test func `a long text is done piece by piece`() {
        // Foundation at once would take minutes: its time grows with the square of the length.
        var bytes = Array(String(repeating: "é 가\u{1100}\u{1161} ", count: 20_000).utf8)
        UnicodeForm.composed.apply(to: &bytes)
        #expect(bytes.elementsEqual(String(repeating: "é 가가 ", count: 20_000).utf8))
    }
}
