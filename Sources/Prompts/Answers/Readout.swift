/// How a prompt's answer is read off the model.
public enum Readout: String, Codable, Sendable, CaseIterable {
    /// By the scores of the label words.
    case verbalizer
    /// By a trained linear map from a hidden state to the labels; the words play no part.
    case classifier
    /// By a trained linear map from each word's hidden state to the tags; see ``WordTagging``.
    case tagger
    /// By two trained scores of each token of a context, as the answer's start and as its end; see ``SpanExtraction``.
    case span
    /// By the text with which the model goes on; see ``TextGeneration``.
    case text

    /// The readouts that answer an example with one label.
    public static let ofLabels: [Readout] = [.verbalizer, .classifier]

    /// Whether the answer is read off the vocabulary's scores.
    package var readsVocabulary: Bool { self == .verbalizer || self == .text }
}
