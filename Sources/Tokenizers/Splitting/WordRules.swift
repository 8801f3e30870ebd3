/// How the scanner of the GPT family cuts a text into words.
///
/// The regular expressions that tokenizer files carry differ in few places, and a scanner that knows those
/// places is many times faster than an engine that runs the expression. Each rule set is tested against its
/// expression, run by ``Pattern``, and against the reference.
struct WordRules: Hashable, Sendable {
    enum Contractions: Hashable, Sendable { case lowercase, anyCase }

    enum LetterRun: Hashable, Sendable {
        /// ` ?\p{L}+`
        case afterSpace
        /// `[^\r\n\p{L}\p{N}]?\p{L}+`
        case afterAnything
    }

    enum NumberRun: Hashable, Sendable {
        /// ` ?\p{N}+`
        case afterSpace
        /// `\p{N}{1,limit}`
        case upTo(Int)
    }

    /// `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d` are words.
    var contractions: Contractions
    var letters: LetterRun
    var numbers: NumberRun
    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*` instead of ` ?[^\s\p{L}\p{N}]+`, and `\s*[\r\n]+` before other space.
    var keepsLineEnds: Bool

    /// Those of Radford and others 2019.
    static let gpt2 = WordRules(
        contractions: .lowercase, letters: .afterSpace, numbers: .afterSpace, keepsLineEnds: false)
    /// Llama 3; GPT-4's without possessive quantifiers.
    static let llama3 = WordRules(
        contractions: .anyCase, letters: .afterAnything, numbers: .upTo(3), keepsLineEnds: true)
    /// Qwen 2 and 2.5.
    static let qwen2 = WordRules(
        contractions: .anyCase, letters: .afterAnything, numbers: .upTo(1), keepsLineEnds: true)

    /// The rules of a well-known expression.
    init?(expression: String) {
        guard let rules = Self.expressions.first(where: { $0.expression == expression }) else { return nil }
        self = rules.rules
    }

    private init(
        contractions: Contractions, letters: LetterRun, numbers: NumberRun, keepsLineEnds: Bool
    ) {
        self.contractions = contractions
        self.letters = letters
        self.numbers = numbers
        self.keepsLineEnds = keepsLineEnds
    }

    /// The expressions that the scanner knows, as files write them.
    static let expressions: [(expression: String, rules: WordRules)] = [
        (#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2),
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
                + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .llama3
        ),
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
                + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, .qwen2
        ),
    ]
}
