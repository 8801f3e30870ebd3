import Layers
import Models
import Tensors

extension PretrainedModel {
    /// The log-probability of every token of the vocabulary at the last of some tokens, in nats; the last hidden
    /// state of a model that scores no words.
    func lastScores(_ tokens: [Int32]) -> [Float] {
        let pass = Pass.inference(weights)
        let input = ModelInput(embeddings: model.embed(tokens, pass), lengths: [tokens.count])
        guard model.traits.hasOutput else { return model.hidden(input, pass).floats }
        return model.logits(input, pass).logSoftmax().floats
    }
}
