/// Answers in Korean text, compared as KorQuAD 1.0 compares them (Lim et al. 2019): by characters, since a word goes on
/// with its particles.
enum KoreanAnswer {
    /// Signs that part words there, before punctuation is dropped without leaving a space.
    private static let parting: Set<Unicode.Scalar> = [
        "'", "\"", "《", "》", "<", ">", "〈", "〉", "(", ")", "‘", "’",
    ]

    /// The characters that count, word by word.
    static func words(_ text: String) -> [String] {
        let parted = text.unicodeScalars.map { parting.contains($0) ? " " : $0 }
        let lower = String(String.UnicodeScalarView(parted)).lowercased().unicodeScalars
        return lower.filter { !($0.isASCII && $0.properties.isPunctuationOrSymbol) }
            .split { $0.properties.isWhitespace }.map { String(String.UnicodeScalarView($0)) }
    }

    /// 1 if the answer is one of the references.
    static func exactMatch(_ answer: String, _ references: [String]) -> Double {
        let answer = words(answer)
        return references.contains { words($0) == answer } ? 1 : 0
    }

    /// F1 over the characters shared with the best reference; 0 where none is.
    static func f1(_ answer: String, _ references: [String]) -> Double {
        let answer = words(answer).flatMap { Array($0) }
        return references.map { f1(answer, words($0).flatMap { Array($0) }) }.max() ?? 0
    }

    private static func f1(_ answer: [Character], _ reference: [Character]) -> Double {
        var left = Dictionary(reference.map { ($0, 1) }, uniquingKeysWith: +)
        var shared = 0
        for character in answer where left[character, default: 0] > 0 {
            left[character, default: 0] -= 1
            shared += 1
        }
        return shared == 0 ? 0 : 2 * Double(shared) / Double(answer.count + reference.count)
    }
}
