import Prompts
import Testing

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("e\u{301}", 1), ("日本", 4), ("ｱ", 1),
        ("Ａ", 2),
        ("👍🏽", 2), ("👨‍👩‍👧", 2), ("🇰🇷", 2), ("❤\u{FE0F}", 2), ("a\u{200B}b", 2), ("é", 1),
    ])
    func `a terminal's columns are counted`(text: String, columns: Int) {
        #expect(displayWidth(of: text) == columns)
    }

    @Test func `padding fills columns, not characters`() {
        #expect(padded("한", toColumns: 4) == "한  ")
        #expect(padded("abcde", toColumns: 4) == "abcde")
    }
}
