package import Layers
package import Tensors

/// Reads labels off a model: what the rows of a prompt are asked, and what the answers mean.
///
/// Words behind a causal prompt, words at a mask, a classification head: each is one scorer. It says which
/// hidden states it needs, gets them from a walk that it may share with other prompts' rows, and gives
/// log-probabilities.
package protocol LabelScorer: Sendable {
    /// The labels, in the order of the scores.
    var labels: [String] { get }

    /// What is asked about a prompt.
    ///
    /// - Parameter owner: whose prompt it is; see ``PackedPrompts/Request/owner``.
    func request(_ prompt: EncodedPrompt, owner: Int) -> PackedPrompts.Request

    /// How many rows a prompt takes with all that is asked behind it, at most: what a batch's memory grows with.
    func rowCount(_ prompt: EncodedPrompt) -> Int

    /// The log-probability of each label among the labels, `[requests, labels]`, in nats.
    ///
    /// - Parameters:
    ///   - hidden: `[R, D]`, the final hidden states of these requests' readouts, in order.
    ///   - readings: for each request where its answers stand in `hidden`.
    ///   - pass: the weights, and the tape where something is trained.
    /// - Throws: ``VerbalizerError`` where the scorer's rule cannot score its words.
    func logProbabilities(_ hidden: Tensor, _ readings: [PackedPrompts.Reading], _ pass: Pass) throws
        -> Tensor

    /// The same for scorers that look at what the prompts bring with them: choices, a neutral text.
    ///
    /// - Returns: `[requests, labels]`, or as many columns as the longest list of choices has places; -∞ where a
    ///   shorter one has none.
    func logProbabilities(
        _ hidden: Tensor, of prompts: [EncodedPrompt], _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) throws -> Tensor

    /// Whether answers are found in several walks through the model, which rows of other prompts cannot share.
    var needsSeveralWalks: Bool { get }

    /// The log-probability of each label among the labels, `[prompts, labels]`, in nats, in as many walks as it
    /// takes; asked only where ``needsSeveralWalks``.
    func logProbabilities(_ prompts: [EncodedPrompt], _ tensors: PromptTensors, _ pass: Pass) throws -> Tensor
}

extension LabelScorer {
    package func logProbabilities(
        _ hidden: Tensor, of prompts: [EncodedPrompt], _ readings: [PackedPrompts.Reading], _ pass: Pass
    ) throws -> Tensor {
        try logProbabilities(hidden, readings, pass)
    }

    package var needsSeveralWalks: Bool { false }

    /// What teaches such answers unless the user says otherwise.
    package var ownLoss: AnswerLoss { needsSeveralWalks ? .margin : .crossEntropy }

    package func logProbabilities(_ prompts: [EncodedPrompt], _ tensors: PromptTensors, _ pass: Pass) throws
        -> Tensor
    {
        preconditionFailure("LabelScorer: one walk is enough for this scorer")
    }
}

extension PackedPrompts {
    /// The hidden states of some requests, and where each one's answers stand in them.
    ///
    /// - Parameter hidden: `[readouts, D]`, of all requests.
    package func part(_ requests: [Int], of hidden: Tensor) -> (hidden: Tensor, readings: [Reading]) {
        var rows: [Int32] = []
        let moved = requests.map { request in
            let reading = readings[request]
            defer { rows += reading.readouts.map(Int32.init) }
            return Reading(
                readouts: rows.count..<rows.count + reading.readouts.count, steps: reading.steps)
        }
        let isAll = rows.count == hidden.shape.rows && rows.indices.allSatisfy { Int(rows[$0]) == $0 }
        return (isAll ? hidden : hidden.rows(rows), moved)
    }
}
