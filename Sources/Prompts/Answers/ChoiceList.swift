internal import Datasets
internal import Tokenizers

/// The answers that come with each row of a multiple-choice task, such as COPA and HellaSwag.
///
/// The field holds a list of texts; a row's label is the place of the right one, counted from 0.
struct ChoiceList: Sendable {
    /// The field that holds the choices.
    let field: String
    private let inspection: WordInspection

    init(_ field: String, behind template: Template, _ tokenizer: some Tokenizer, kind: PromptKind) {
        self.field = field
        inspection = WordInspection(template, tokenizer, kind)
    }

    /// The choices of a row as the model scores them.
    ///
    /// - Throws: ``ChoiceError``, `DatasetError` where the field holds no list, or ``VerbalizerError``.
    func words(of example: Example) throws -> [EncodedVerbalizer.Word] {
        let texts = try texts(of: example)
        var words: [EncodedVerbalizer.Word] = []
        for (place, text) in texts.enumerated() {
            words.append(try inspection.encode(text, label: place, named: "\(place)"))
            if let twin = words.dropLast().first(where: { $0.tokens == words[place].tokens }) {
                throw ChoiceError.equalChoices(places: [twin.label, place], text: text, row: example.id)
            }
        }
        return words
    }

    /// The right choice of a row, as text.
    func answer(of example: Example) throws -> String {
        let texts = try texts(of: example)
        guard let label = example.label, let place = Int(label), texts.indices.contains(place) else {
            throw ChoiceError.badLabel(example.label, choices: texts.count, row: example.id)
        }
        return texts[place]
    }

    private func texts(of example: Example) throws -> [String] {
        guard example.fields[field] != nil else { throw ChoiceError.noChoices(field: field, row: example.id) }
        let texts = try example.list(field)
        guard texts.count > 1 else { throw ChoiceError.tooFewChoices(texts.count, row: example.id) }
        if let place = texts.firstIndex(where: \.withoutSpacesAround.isEmpty) {
            throw ChoiceError.emptyChoice(place: place, row: example.id)
        }
        var placeOf: [String: Int] = [:]
        for (place, text) in texts.enumerated() {
            if let twin = placeOf.updateValue(place, forKey: text.withoutSpacesAround) {
                throw ChoiceError.equalChoices(places: [twin, place], text: text, row: example.id)
            }
        }
        return texts
    }
}

/// Why the choices of a row cannot be scored.
public enum ChoiceError: Error, Hashable, Sendable {
    /// The row has no field of choices.
    case noChoices(field: String, row: String?)
    /// There is nothing to choose between.
    case tooFewChoices(Int, row: String?)
    /// A choice is empty or only white space.
    case emptyChoice(place: Int, row: String?)
    /// Two choices are the same text, or the same tokens to this model.
    case equalChoices(places: [Int], text: String, row: String?)
    /// The label is not the place of a choice.
    case badLabel(String?, choices: Int, row: String?)
}

extension ChoiceError: CustomStringConvertible {
    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .noChoices(let field, let row):
            "\(row ?? "a row") has no choices in the field '\(field)'; give each row a list of texts there"
        case .tooFewChoices(let count, let row):
            "\(row ?? "a row") has \(count == 1 ? "one choice" : "no choice"); there must be at least two"
        case .emptyChoice(let place, let row):
            "choice \(place) of \(row ?? "a row") is empty; write it out or leave it away"
        case .equalChoices(let places, let text, let row):
            "choices \(places.map(String.init).joined(separator: " and ")) of \(row ?? "a row") are the same to the "
                + "model, '\(text)'; no score could part them, so change or remove one"
        case .badLabel(let label, let choices, let row):
            "\(row ?? "a row") has \(label.map { "the label '\($0)'" } ?? "no label"), which is not the place of one of "
                + "its \(choices) choices, counted from 0"
        }
    }
}
