import Layers
import Models
import Tensors

extension PretrainedModel {
    /// The log-probability of every token of the vocabulary after some tokens, in nats.
    func nextTokenLogProbabilities(_ tokens: [Int32]) -> [Float] {
        let pass = Pass.inference(weights)
        let input = ModelInput(embeddings: model.embed(tokens, pass), lengths: [tokens.count])
        return model.logits(input, pass).logSoftmax().floats
    }
}
