/// How a prompt's answer is read off the model.
public enum Readout: String, Codable, Sendable, CaseIterable {
    /// By the scores of the label words.
    case verbalizer
    /// By a trained linear map from a hidden state to the labels; the words play no part.
    case classifier
    /// By a trained linear map from each word's hidden state to the tags; see ``WordTagging``.
    case tagger

    /// The readouts that answer an example with one label.
    public static let ofLabels: [Readout] = [.verbalizer, .classifier]
}
