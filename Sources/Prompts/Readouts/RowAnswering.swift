public import Datasets
public import Models

/// The answer to a row that is answered with its own: its words' tags, a span of its context, or a text.
public struct RowAnswer: Hashable, Codable, Sendable {
    /// What metrics judge: the tags with spaces between, the span, the text.
    public var text: String
    /// The tag of every word; nil for other readouts.
    public var tags: [String]?
    /// Where the span begins in its context, in code points; nil for other readouts.
    public var start: Int?
    /// The log-probability of the span, as start and as end; nil for other readouts.
    public var score: Float?
    /// Why the text ended; nil for other readouts.
    public var end: GenerationEnd?
    /// How many tokens of the row were not read, or cut from its fields, because it was too long.
    public var tokensCut = 0

    /// An answer with nothing but its text.
    public init(text: String) { self.text = text }
}

/// A prompt made ready to answer rows with their own: tags, spans or texts.
///
/// Labels are ``Predictor``'s.
public protocol RowAnswering: Sendable {
    /// The answers to rows, in their order.
    ///
    /// - Parameters:
    ///   - examples: the rows.
    ///   - progress: called with the number of rows answered so far.
    func answers(_ examples: [Example], progress: (Int) -> Void) throws -> [RowAnswer]
}

extension Prompt {
    /// How its answers are read.
    public var readout: Readout { manifest.readout ?? .verbalizer }

    /// The prompt made ready for a model, if it answers rows with their own.
    ///
    /// - Parameters:
    ///   - pretrained: the model.
    ///   - writing: how texts are written; nil for the prompt's own way.
    /// - Throws: ``PromptError`` where the readout gives labels, the prompt is of another model, or its tensors do
    ///   not fit.
    public func answering(_ pretrained: PretrainedModel, writing: TextSettings? = nil) throws
        -> any RowAnswering
    {
        switch readout {
        case .span: try SpanReader(self, pretrained)
        case .text: try TextWriter(self, pretrained, writing)
        default: try Tagger(self, pretrained)
        }
    }
}
