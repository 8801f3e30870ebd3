package import Layers
package import Models
package import Tensors
internal import Training

/// What one step of PET learns from.
package struct PETBatch: Sendable {
    /// Prompts with their labels.
    package var labelled: [LabelledPrompt]
    /// Unlabelled prompts with tokens hidden.
    package var hidden: [TokenMasking.Hidden]

    package init(labelled: [LabelledPrompt], hidden: [TokenMasking.Hidden]) {
        self.labelled = labelled
        self.hidden = hidden
    }
}

/// PET's loss: `(1 - α) · CE + α · MLM` (Schick & Schütze 2021, §3.2).
///
/// The cross-entropy is that of the labels' words at the mask. Where words have several tokens the first part is the
/// margin of the labels instead, all of them read in one look at as many masks as the longest word has (Schick & Schütze
/// 2021b, §3.1). The masked-language-model loss is on unlabelled texts in
/// the same pattern and keeps the model a language model. PET's command line gives 1 - α for α.
package struct PETObjective: Objective {
    private let scorer: any LabelScorer
    private let model: any LanguageModel
    private let alpha: Float
    private let answerLoss: AnswerLoss

    /// - Parameter answerLoss: nil for the scorer's own.
    package init(
        _ scorer: any LabelScorer, _ model: any LanguageModel, alpha: Float, answerLoss: AnswerLoss? = nil
    ) {
        self.scorer = scorer
        self.model = model
        self.alpha = alpha
        self.answerLoss = answerLoss ?? scorer.ownLoss
    }

    /// The loss of a batch, in nats; all its rows are read in one walk.
    package func loss(_ batch: PETBatch, _ pass: Pass) throws -> Tensor {
        let guessed = batch.hidden.filter { !$0.places.isEmpty }
        let requests =
            batch.labelled.map { scorer.request($0.prompt, owner: 0) }
            + guessed.map {
                PackedPrompts.Request(
                    prompt: $0.rows, question: .rows($0.places), owner: 0, separator: $0.separator)
            }
        let packed = PackedPrompts(requests, sharesPrefix: model.traits.isCausal)
        let states = model.hidden(packed.input(model, soft: nil, pass), pass)
        let asked = packed.part(Array(batch.labelled.indices), of: states)
        let answers = try answerLoss(
            scorer.logProbabilities(asked.hidden, of: batch.labelled.map(\.prompt), asked.readings, pass),
            batch.labelled.map(\.label))
        guard alpha > 0, !guessed.isEmpty else { return answers }
        let rest = packed.part(Array(batch.labelled.count..<requests.count), of: states)
        let language = model.scores(rest.hidden, vocabulary: nil, pass).crossEntropy(
            guessed.flatMap(\.targets))
        return answers.scaled(by: 1 - alpha) + language.scaled(by: alpha)
    }

    package func weight(of batch: PETBatch) -> Float { Float(batch.labelled.count) }
}

/// Labelled prompts in a new order every epoch, each step with unlabelled ones beside them.
struct PETBatches: BatchSource {
    let labelled: ShuffledBatches<LabelledPrompt>
    /// Nil without the auxiliary loss.
    let unlabelled: ShuffledBatches<EncodedPrompt>?
    let masking: TokenMasking?
    let seed: UInt64

    func batch(_ index: Int) -> PETBatch {
        var random = CounterRandom(seed: seed, stream: UInt64(index))
        let texts = unlabelled?.batch(index) ?? []
        return PETBatch(
            labelled: labelled.batch(index),
            hidden: masking.map { masking in texts.map { masking.hide($0, &random) } } ?? [])
    }
}
