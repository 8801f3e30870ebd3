/// How a prompt's answer is read off the model.
public enum Readout: String, Codable, Sendable, CaseIterable {
    /// By the scores of the label words.
    case verbalizer
    /// By a trained linear map from a hidden state to the labels; the words play no part.
    case classifier
    /// By a trained vector for each label, in place of the words' rows of the output matrix; see `SoftVerbalizer`.
    case softVerbalizer = "soft-verbalizer"
    /// By many words a label, each with a trained weight; see `WeightedWords`.
    case weightedWords = "weighted-words"
    /// By the nearest of the labels' prototypes; see ``ProtoVerb``.
    case prototypes
    /// By the prototypes and the label words together; see ``ProtoVerb``.
    case prototypesAndWords = "prototypes-and-words"
    /// By a trained linear map from each word's hidden state to the tags; see ``WordTagging``.
    case tagger
    /// By two trained scores of each token of a context, as the answer's start and as its end; see ``SpanExtraction``.
    case span
    /// By the text with which the model goes on; see ``TextGeneration``.
    case text

    /// The readouts that answer an example with one label.
    public static let ofLabels: [Readout] = [
        .verbalizer, .classifier, .softVerbalizer, .weightedWords, .prototypes, .prototypesAndWords,
    ]

    /// Whether the answer is read by the model's head for words.
    package var readsVocabulary: Bool {
        switch self {
        case .verbalizer, .softVerbalizer, .weightedWords, .prototypesAndWords, .text: true
        case .classifier, .prototypes, .tagger, .span: false
        }
    }
}
