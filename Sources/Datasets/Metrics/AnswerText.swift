/// Answers in free text, compared as SQuAD compares them.
public enum AnswerText {
    /// The words that count: lower case, without ASCII punctuation, without `a`, `an`, `the`.
    ///
    /// The steps and their order are those of SQuAD 1.1's evaluation (Rajpurkar et al. 2016): punctuation goes first
    /// and leaves no space, so `U.S.` is the one word `us`. Unlike there, words are the same in any Unicode form, so
    /// that Hangul in jamo equals Hangul in syllables.
    public static func words(_ text: String) -> [String] {
        let lower = text.lowercased().unicodeScalars
        let kept = lower.filter { !($0.isASCII && $0.properties.isPunctuationOrSymbol) }
        return withoutArticles(Array(kept))
            .split { $0.properties.isWhitespace }
            .map { String(String.UnicodeScalarView($0)) }
    }

    /// 1 if the answer is one of the references after normalisation.
    ///
    /// No references: 1 for an empty answer.
    public static func exactMatch(_ answer: String, _ references: [String]) -> Double {
        let answer = words(answer)
        return (references.isEmpty ? [""] : references).contains { words($0) == answer } ? 1 : 0
    }

    /// F1 over the words shared with the best reference.
    ///
    /// Where either side has no words, 1 if both have none.
    public static func f1(_ answer: String, _ references: [String]) -> Double {
        let answer = words(answer)
        return (references.isEmpty ? [""] : references).map { f1(answer, words($0)) }.max() ?? 0
    }

    private static func f1(_ answer: [String], _ reference: [String]) -> Double {
        guard !answer.isEmpty, !reference.isEmpty else { return answer == reference ? 1 : 0 }
        var left = Dictionary(reference.map { ($0, 1) }, uniquingKeysWith: +)
        var shared = 0
        for word in answer where left[word, default: 0] > 0 {
            left[word, default: 0] -= 1
            shared += 1
        }
        return 2 * Double(shared) / Double(answer.count + reference.count)
    }

    /// The scalars with each article, where it is a whole word, replaced by a space.
    private static func withoutArticles(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        for run in scalars.runs(by: { $0.properties.isWordPart }) {
            let isArticle = ["a", "an", "the"].contains(String(String.UnicodeScalarView(run)))
            result.append(contentsOf: isArticle ? [" "] : Array(run))
        }
        return result
    }
}

extension Array {
    /// The longest pieces whose elements agree in `kind`, in order.
    func runs(by kind: (Element) -> Bool) -> [ArraySlice<Element>] {
        var runs: [ArraySlice<Element>] = []
        var start = 0
        for place in indices.dropFirst() where kind(self[place]) != kind(self[place - 1]) {
            runs.append(self[start..<place])
            start = place
        }
        return isEmpty ? [] : runs + [self[start...]]
    }
}

extension Unicode.Scalar.Properties {
    /// A letter or a number, which is what regular expressions mean by a part of a word (but for the underscore).
    var isWordPart: Bool {
        switch generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: numericType != nil
        }
    }

    /// Whether the scalar is punctuation or a symbol.
    var isPunctuationOrSymbol: Bool {
        switch generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation,
            .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
            true
        default: false
        }
    }
}
