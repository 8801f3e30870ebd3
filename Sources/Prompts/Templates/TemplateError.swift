internal import Datasets

/// Why a template cannot be read, or an example not be put into it.
public struct TemplateError: Error, Hashable, Sendable {
    /// The rule that is broken, with the evidence.
    public enum Rule: Hashable, Sendable {
        /// The source holds nothing but white space.
        case empty
        /// The source is longer than ``Template/sourceLimit``.
        case tooLong(bytes: Int)
        /// There is no `{answer}`.
        case noAnswer
        /// There is an `{answer}` already.
        case secondAnswer
        /// A `{` is not closed before the end or before the next one.
        case unclosedBrace
        /// A `}` closes nothing.
        case strayClosingBrace
        /// `{}` says nothing.
        case emptySlot
        /// A slot holds something else than the grammar has there.
        case malformedSlot(expected: String)
        /// A `"` is not closed.
        case unclosedString
        /// A backslash is followed by something that has no meaning.
        case unknownEscape(String)
        /// A filter is none of the grammar's.
        case unknownFilter(String)
        /// A special token is none of the grammar's roles.
        case unknownSpecialToken(String)
        /// The number of soft rows is not within ``Template/softRowLimit``.
        case softCountOutOfRange(Int)
        /// The number of masks is not within ``Template/maskLimit``.
        case maskCountOutOfRange(Int)
        /// Soft rows are to start from words, and there are none.
        case emptySoftWords
        /// Soft rows are used by a name that no earlier slot gave.
        case softNameUndefined(String, defined: [String])
        /// Two slots give one name.
        case softNameDefinedTwice(String)
        /// The data has no such field.
        case unknownField(String, known: [String])
        /// One example lacks a field that the template reads.
        case missingField(String, example: String?, known: [String])
        /// The model's tokenizer has no such special token.
        case specialTokenMissing(String)
        /// The answer's words have more tokens than the template has masks.
        case answerLongerThanMasks(tokens: Int, masks: Int)
        /// A causal model has no row in front of the answer to read it from.
        case nothingBeforeAnswer
        /// In a conversation, something of the user's message stands behind the model's answer.
        case textBehindChatAnswer
        /// A chat template has spaces in front of a special token, which no template can keep.
        case spaceBeforeSpecialToken(String)
        /// An example does not fit, even with every field that may be shortened emptied.
        case inputTooLong(limit: Int, fixedRows: Int, answerRows: Int, fieldTokens: Int)
    }

    /// The rule that is broken.
    public let rule: Rule
    /// Where in the source, if the rule has a place there.
    public let place: SourcePlace?

    init(_ rule: Rule) {
        self.rule = rule
        place = nil
    }

    init(_ rule: Rule, in source: String, at offset: Int) {
        self.rule = rule
        place = SourcePlace(in: source, at: offset)
    }
}

extension TemplateError: CustomStringConvertible {
    /// What is wrong, where, and what to do; with the line and a caret where there is a place.
    public var description: String {
        guard let place else { return "The template: \(rule.sentence)" }
        return "The template, line \(place.line), column \(place.column): \(rule.sentence)\n\(place.excerpt)"
    }
}

extension TemplateError.Rule {
    var sentence: String {
        switch self {
        case .empty: "it is empty; write text with {answer} where the answer belongs."
        case .tooLong(let bytes):
            "it has \(bytes) bytes, more than \(Template.sourceLimit); put long text into a field."
        case .noAnswer: "there is no answer slot; write {answer} where the answer belongs."
        case .secondAnswer: "there is a second answer slot; keep one {answer} and remove this one."
        case .unclosedBrace: "this { is never closed; add the }, or write {{ for a brace in the text."
        case .strayClosingBrace: "this } closes nothing; write }} for a brace in the text."
        case .emptySlot: "this slot is empty; name a field, as in {text}, or write {{}} for the braces."
        case .malformedSlot(let expected): "here belongs \(expected)."
        case .unclosedString: "this quote is never closed; add the \" at the end of the words."
        case .unknownEscape(let escape):
            "\(escape) has no meaning; use \\n, \\t or \\\\ (two backslashes for one in the text)."
        case .unknownFilter, .unknownSpecialToken, .unknownField, .missingField, .softNameUndefined:
            nameSentence
        case .softCountOutOfRange, .maskCountOutOfRange, .emptySoftWords, .softNameDefinedTwice: slotSentence
        case .specialTokenMissing, .answerLongerThanMasks, .nothingBeforeAnswer, .inputTooLong,
            .textBehindChatAnswer, .spaceBeforeSpecialToken:
            modelSentence
        }
    }

    private var nameSentence: String {
        switch self {
        case .unknownFilter(let name):
            unknown("there is no filter \"\(name)\"", name, among: FieldFilter.words)
        case .unknownSpecialToken(let name):
            unknown(
                "there is no special token \"\(name)\"", name,
                among: SpecialTokenRole.allCases.map(\.rawValue))
        case .unknownField(let name, let known):
            unknown("the data have no field \"\(name)\"", name, among: known)
        case .missingField(let name, let example, let known):
            unknown(
                "the example\(example.map { " \"\($0)\"" } ?? "") has no field \"\(name)\"", name,
                among: known)
        case .softNameUndefined(let name, let defined):
            unknown(
                "no slot before this one defines the soft rows \"\(name)\", as {soft 8 as \(name)} does",
                name, among: defined)
        default: ""
        }
    }

    private func unknown(_ fact: String, _ name: String, among known: [String]) -> String {
        let list = known.isEmpty ? "there is none" : "known: \(known.joined(separator: ", "))"
        let advice = NearestName.of(name, among: known).map { " Did you mean \"\($0)\"?" } ?? ""
        return "\(fact) (\(list)).\(advice)"
    }

    private var slotSentence: String {
        switch self {
        case .softCountOutOfRange(let count):
            "\(count) soft rows are outside of the limit of \(Template.softRowLimit.lowerBound) to "
                + "\(Template.softRowLimit.upperBound) a slot; choose a number within it."
        case .maskCountOutOfRange(let count):
            "\(count) masks are outside of the limit of \(Template.maskLimit.lowerBound) to "
                + "\(Template.maskLimit.upperBound); choose a number within it."
        case .emptySoftWords:
            "the soft rows are to start from words, but there are none; write {soft 8} or words."
        case .softNameDefinedTwice(let name):
            "the soft rows \"\(name)\" are defined a second time; write {soft \(name)} to use them again."
        default: ""
        }
    }

    private var modelSentence: String {
        switch self {
        case .specialTokenMissing("mask"):
            "the model's tokenizer has no mask token, so no answer can stand at a mask: choose a masked model "
                + "with its own tokenizer files, or a causal model."
        case .specialTokenMissing(let name):
            "the model's tokenizer has no special token \(name); remove it, or choose another model."
        case .answerLongerThanMasks(let tokens, let masks):
            "the longest answer has \(tokens) tokens but the slot \(masks) masks; write {answer \(tokens)}, "
                + "or {answer} for as many as it needs."
        case .nothingBeforeAnswer:
            "there is nothing in front of the answer from which this model could read it; "
                + "put some words before {answer}."
        case .textBehindChatAnswer:
            "in a conversation the answer ends the prompt, but more text stands behind it; move it in front of "
                + "{answer}, or ask without --chat."
        case .spaceBeforeSpecialToken(let name):
            "the model's chat template has a space in front of \(name), which a template drops; ask without "
                + "--chat and write the turn yourself."
        case .inputTooLong(let limit, let fixedRows, let answerRows, let fieldTokens):
            "an input does not fit into \(limit) positions: what must stay has \(fixedRows) and the longest "
                + "answer \(answerRows), with all of the \(fieldTokens) tokens gone that may go; raise the "
                + "limit, use fewer soft rows or shorter words, or mark another field with |shorten."
        default: ""
        }
    }
}
