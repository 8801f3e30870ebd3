internal import Layers
internal import Models
internal import Tensors

/// Fills candidates of several tokens into the masks of prompts, in the order that ``MaskDecoding`` says, each with as many
/// masks as it has tokens (Schick & Schütze 2021b, §3.1).
struct MaskFilling {
    private let model: any LanguageModel
    private let decoding: MaskDecoding
    private let fixedMasks: Int?

    /// - Parameters:
    ///   - model: the masked model.
    ///   - decoding: the order.
    ///   - fixedMasks: how many masks the template has always; nil for as many as a candidate needs.
    init(_ model: any LanguageModel, _ decoding: MaskDecoding, fixedMasks: Int?) {
        self.model = model
        self.decoding = decoding
        self.fixedMasks = fixedMasks
    }

    /// The log-probability of each token of each candidate when its mask is filled, over the whole vocabulary, in nats;
    /// for each prompt, for each of its candidates. No gradient flows.
    func steps(
        of questions: [(prompt: EncodedPrompt, candidates: [[Int32]])], _ tensors: PromptTensors, _ pass: Pass
    ) throws -> [[[Float]]] {
        var fillings = questions.indices.flatMap { index in
            questions[index].candidates.map {
                FilledCandidate(index, $0, questions[index].prompt, fixedMasks)
            }
        }
        while fillings.contains(where: { !$0.open.isEmpty }) {
            try Task.checkCancellation()
            look(&fillings, questions.map(\.prompt), tensors, pass)
        }
        var start = 0
        return questions.map { question in
            defer { start += question.candidates.count }
            return fillings[start..<start + question.candidates.count].map(\.steps)
        }
    }

    /// One look at every slot that still has a mask; slots that look alike are looked at once.
    private func look(
        _ fillings: inout [FilledCandidate], _ prompts: [EncodedPrompt], _ tensors: PromptTensors,
        _ pass: Pass
    ) {
        let waiting = fillings.indices.filter { !fillings[$0].open.isEmpty }
        var requestOf: [FilledCandidate.Sight: Int] = [:]
        var requests: [PackedPrompts.Request] = []
        for index in waiting {
            let sight = fillings[index].sight
            guard requestOf[sight] == nil else { continue }
            requestOf[sight] = requests.count
            requests.append(prompts[sight.prompt].asking(sight.slot, owner: 0))
        }
        let packed = PackedPrompts(requests, sharesPrefix: false)
        let hidden = model.hidden(packed.input(model, [tensors], pass), pass)
        let logits = model.scores(hidden, vocabulary: nil, pass).logSoftmax()
        let (values, width) = (logits.floats, logits.shape.width)
        for index in waiting {
            let first = packed.readings[requestOf[fillings[index].sight] ?? 0].readouts.lowerBound
            let tokens = fillings[index].tokens
            fillings[index].fill(decoding) { values[(first + $0) * width + Int(tokens[$0])] }
        }
    }
}

/// One candidate in one prompt, filled in so far.
private struct FilledCandidate {
    struct Sight: Hashable {
        var prompt: Int
        var slot: [Int32]
    }

    var sight: Sight
    let tokens: [Int32]
    /// The places of the tokens that are still masks.
    var open: [Int]
    /// The log-probability of each token.
    var steps: [Float]

    init(_ prompt: Int, _ tokens: [Int32], _ encoded: EncodedPrompt, _ fixed: Int?) {
        sight = Sight(prompt: prompt, slot: encoded.masks(fixed ?? tokens.count))
        self.tokens = tokens
        open = Array(tokens.indices)
        steps = tokens.map { _ in 0 }
    }

    /// Fills the masks whose turn it is; of equally likely ones the first.
    mutating func fill(_ decoding: MaskDecoding, _ logProbability: (Int) -> Float) {
        let next: [Int]
        switch decoding {
        case .parallel: next = open
        case .leftToRight: next = [open[0]]
        case .mostLikelyFirst:
            next = [open.reduce(open[0]) { logProbability($1) > logProbability($0) ? $1 : $0 }]
        }
        for place in next {
            steps[place] = logProbability(place)
            sight.slot[place] = tokens[place]
        }
        open.removeAll(where: next.contains)
    }
}

extension EncodedPrompt {
    /// The prompt with these tokens in its slot, which are read.
    func asking(_ slot: [Int32], owner: Int) -> PackedPrompts.Request {
        PackedPrompts.Request(
            prompt: filled(with: slot), question: .rows(slot.indices.map { before.count + $0 }), owner: owner,
            separator: separator)
    }
}
