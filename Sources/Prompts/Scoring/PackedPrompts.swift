package import Layers
package import Models
package import Tensors

/// Rows that a model must read to score candidates, packed so that nothing is computed twice.
///
/// What several prompts start with (a soft prompt, an instruction, demonstrations) is one sequence that the
/// others read, and may itself stand behind one that more prompts share; each prompt's own rest is a sequence;
/// and the candidates that follow a prompt are branches of a tree whose shared beginnings are sequences too. Each sequence names the earlier ones it reads
/// (`ancestors`), so one walk through the model computes everything. On a causal model this changes no value:
/// a row's keys and values depend only on what stands before it.
package struct PackedPrompts: Sendable {
    /// One prompt with what is asked behind it.
    package struct Request: Sendable {
        /// What the model is asked about a prompt.
        package enum Question: Sendable {
            /// How likely each of these is behind the prompt: an answer's tokens and, where the slot is not at
            /// the end, the rows behind it.
            case candidates([[PromptRow]])
            /// The final hidden states at these places of the prompt, in increasing order.
            case rows([Int])
        }

        /// The rows in front of the answer, or all rows where places of them are read; at least one.
        package var prompt: [PromptRow]
        /// What is asked.
        package var question: Question
        /// Whose prompt it is: an index into the tensors that the rows are embedded with. Prompts of one owner
        /// are of one template.
        package var owner: Int
        /// The token behind which rows are of the second segment; nil for one segment.
        package var separator: Int32?

        /// A prompt with its candidates.
        package init(prompt: [PromptRow], candidates: [[PromptRow]], owner: Int = 0) {
            self.init(prompt: prompt, question: .candidates(candidates), owner: owner)
        }

        /// A prompt with a question.
        package init(prompt: [PromptRow], question: Question, owner: Int = 0, separator: Int32? = nil) {
            self.prompt = prompt
            self.question = question
            self.owner = owner
            self.separator = separator
        }

        /// The segment of each row: 1 behind the first separator.
        fileprivate var segments: [Int32] {
            let first = separator.flatMap { prompt.firstIndex(of: .token($0)) } ?? prompt.count
            return prompt.indices.map { $0 > first ? 1 : 0 }
        }

        /// The candidates; none where places are read.
        package var candidates: [[PromptRow]] {
            if case .candidates(let candidates) = question { candidates } else { [] }
        }

        /// How many rows stand in front of the first one that is read.
        fileprivate var rowsBeforeReading: Int {
            if case .rows(let places) = question { return places.first ?? prompt.count }
            return prompt.count - 1
        }
    }

    /// One scored token: `logProbability[readout, token]`.
    package struct Step: Hashable, Sendable {
        package var readout: Int
        package var token: Int32

        /// A token at a readout.
        package init(readout: Int, token: Int32) {
            self.readout = readout
            self.token = token
        }
    }

    /// Where one request's answers stand among the hidden states that were read.
    package struct Reading: Hashable, Sendable {
        /// The request's readouts among all, in the order of its rows.
        package var readouts: Range<Int>
        /// For each candidate its tokens' places, readouts counted from the request's first. Soft rows behind a
        /// slot are read, not predicted.
        package var steps: [[Step]]
    }

    package private(set) var rows: [PromptRow] = []
    package private(set) var lengths: [Int] = []
    package private(set) var ancestors: [[Int]] = []
    /// For each sequence whose rows they are.
    package private(set) var owners: [Int] = []
    /// For each row its segment, as models that have segments read it.
    package private(set) var segments: [Int32] = []
    /// The packed rows whose predictions are read.
    package private(set) var readouts: [Int32] = []
    /// For each request where its answers stand.
    package private(set) var readings: [Reading] = []

    /// For each request, for each candidate, its tokens' places among all readouts.
    package var steps: [[[Step]]] {
        readings.map { reading in
            reading.steps.map {
                $0.map { Step(readout: reading.readouts.lowerBound + $0.readout, token: $0.token) }
            }
        }
    }

    /// Packs requests.
    ///
    /// - Parameter sharesPrefix: whether what all prompts of an owner start with is read once; only for causal
    ///   models.
    package init(_ requests: [Request], sharesPrefix: Bool = true) {
        var chains = requests.map { _ in [Int]() }
        if sharesPrefix { appendFronts(requests, &chains) }
        for (request, chain) in zip(requests, chains) { append(request, behind: chain) }
    }

    /// From how many rows on it is worth a sequence that only some prompts of an owner share them: each sequence
    /// more is a block more for attention.
    private static let smallestBranch = 8

    /// Appends what several prompts of one owner start with; each prompt's chain names the sequences it reads.
    private mutating func appendFronts(_ requests: [Request], _ chains: inout [[Int]]) {
        let groups = Dictionary(grouping: requests.indices) { requests[$0].owner }
        for owner in groups.keys.sorted() {
            grow(groups[owner] ?? [], from: 0, atLeast: 1, requests, &chains)
        }
    }

    /// Appends what a group of prompts shares beyond `start` rows, then what parts of the group share beyond that.
    private mutating func grow(
        _ group: [Int], from start: Int, atLeast smallest: Int, _ requests: [Request], _ chains: inout [[Int]]
    ) {
        guard let first = group.first, group.count > 1 else { return }
        let free = group.map { requests[$0].rowsBeforeReading }.min() ?? 0
        let end = min(Self.sharedPrefix(group.map { requests[$0].prompt }), free)
        var place = start
        if end - start >= smallest {
            let rows = Array(requests[first].prompt[start..<end])
            let sequence = append(rows, of: requests[first].owner, behind: chains[first])
            for member in group { chains[member].append(sequence) }
            place = end
        } else if start > 0 || end > start {
            return
        }
        let parts = Dictionary(grouping: group.filter { requests[$0].rowsBeforeReading > place }) {
            requests[$0].prompt[place]
        }
        let ordered = parts.values.sorted { $0[0] < $1[0] }
        for part in ordered where part.count < group.count {
            grow(part, from: place, atLeast: Self.smallestBranch, requests, &chains)
        }
    }

    private mutating func append(_ request: Request, behind chain: [Int]) {
        let shared = chain.reduce(0) { $0 + lengths[$1] }
        let sequence = append(Array(request.prompt.dropFirst(shared)), of: request.owner, behind: chain)
        segments.replaceSubrange(
            (rows.count - request.prompt.count + shared)..., with: request.segments.dropFirst(shared))
        let (start, firstReadout) = (rows.count - request.prompt.count, readouts.count)
        var steps: [[Step]] = []
        switch request.question {
        case .rows(let places): for place in places { _ = addReadout(Int32(start + place)) }
        case .candidates(let candidates):
            let trie = AnswerTrie(candidates.map { $0.map(\.code) })
            var readoutOf = [Int](repeating: -1, count: trie.nodes.count)
            readoutOf[0] = addReadout(Int32(rows.count - 1))
            grow(trie, from: 0, behind: ancestors[sequence] + [sequence], of: request.owner, &readoutOf)
            steps = trie.ends.map { Self.steps(to: $0, trie, readoutOf.map { $0 - firstReadout }) }
        }
        readings.append(Reading(readouts: firstReadout..<readouts.count, steps: steps))
    }

    private static func steps(to end: Int, _ trie: AnswerTrie, _ readoutOf: [Int]) -> [Step] {
        trie.path(to: end).compactMap { node in
            guard let token = trie.nodes[node].token, token >= 0, let parent = trie.nodes[node].parent
            else { return nil }
            return Step(readout: readoutOf[parent], token: token)
        }
    }

    /// Appends the branches below a node; a run of nodes without a fork is one sequence.
    private mutating func grow(
        _ trie: AnswerTrie, from node: Int, behind chain: [Int], of owner: Int, _ readoutOf: inout [Int]
    ) {
        for child in trie.nodes[node].children where !trie.nodes[child].children.isEmpty {
            var run = [child]
            while let last = run.last, trie.nodes[last].children.count == 1,
                let next = trie.nodes[last].children.first, !trie.nodes[next].children.isEmpty
            {
                run.append(next)
            }
            let branch = run.map { PromptRow(code: trie.nodes[$0].token ?? 0) }
            let sequence = append(branch, of: owner, behind: chain)
            for (place, inner) in run.enumerated() {
                readoutOf[inner] = addReadout(Int32(rows.count - run.count + place))
            }
            if let last = run.last {
                grow(trie, from: last, behind: chain + [sequence], of: owner, &readoutOf)
            }
        }
    }

    private mutating func append(_ newRows: [PromptRow], of owner: Int, behind chain: [Int]) -> Int {
        rows += newRows
        segments += newRows.map { _ in 0 }
        lengths.append(newRows.count)
        owners.append(owner)
        ancestors.append(chain)
        return lengths.count - 1
    }

    private mutating func addReadout(_ row: Int32) -> Int {
        readouts.append(row)
        return readouts.count - 1
    }

    /// How many rows all prompts start with, leaving each at least one of its own.
    package static func sharedPrefix(_ prompts: [[PromptRow]]) -> Int {
        guard let first = prompts.first else { return 0 }
        return prompts.dropFirst().reduce(max(0, first.count - 1)) { shared, prompt in
            let limit = min(shared, prompt.count - 1)
            return (0..<max(0, limit)).first { prompt[$0] != first[$0] } ?? max(0, limit)
        }
    }

    /// These rows as a model takes them.
    ///
    /// - Parameters:
    ///   - model: embeds the tokens.
    ///   - tensors: one for each owner: its soft rows, and the blocks that all its rows read first.
    ///   - pass: the weights.
    ///   - embedded: the rows where they are made already; nil to embed them.
    package func input(
        _ model: any LanguageModel, _ tensors: [PromptTensors], _ pass: Pass,
        embeddings embedded: Tensor? = nil
    ) -> ModelInput {
        let starts = tensors.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.pasts.count) }
        return ModelInput(
            embeddings: embedded ?? embeddings(model, tensors.map(\.soft), pass), lengths: lengths,
            segments: model.traits.segmentCount > 1 && segments.contains(1) ? segments : nil,
            pasts: tensors.flatMap(\.pasts), pastsOf: owners.map { Array(starts[$0]..<starts[$0 + 1]) },
            ancestorsOf: ancestors, readouts: readouts)
    }

    /// These rows of one prompt as a model takes them.
    ///
    /// - Parameter soft: `[P, D]`, the trained rows; nil where no row is soft.
    package func input(
        _ model: any LanguageModel, soft: Tensor?, _ pass: Pass, pasts: [KeyValues] = []
    ) -> ModelInput {
        input(model, [PromptTensors(soft: soft, pasts: pasts)], pass)
    }

    /// Embedded tokens with each owner's soft rows between them, `[rows, D]`.
    private func embeddings(_ model: any LanguageModel, _ soft: [Tensor?], _ pass: Pass) -> Tensor {
        let tokens = rows.compactMap { row -> Int32? in if case .token(let token) = row { token } else { nil }
        }
        guard tokens.count < rows.count else { return model.embed(tokens, pass) }
        // The tables lie end to end: the tokens, then the soft rows of each owner.
        let starts = soft.reduce(into: [tokens.count]) { $0.append($0[$0.count - 1] + ($1?.shape.rows ?? 0)) }
        let ownerOfRow = zip(owners, lengths).flatMap { Array(repeating: $0, count: $1) }
        var next: Int32 = -1
        let index = zip(rows, ownerOfRow).map { row, owner -> Int32 in
            switch row {
            case .token:
                next += 1
                return next
            case .soft(let place): return Int32(starts[owner] + place)
            }
        }
        let tables = (tokens.isEmpty ? [] : [model.embed(tokens, pass)]) + soft.compactMap { $0 }
        return Tensor.rows(index, of: tables)
    }
}

extension PromptRow {
    /// A token as itself, a soft row as a negative number: rows as keys of an ``AnswerTrie``.
    var code: Int32 {
        switch self {
        case .token(let token): token
        case .soft(let place): -1 - Int32(place)
        }
    }

    init(code: Int32) { self = code >= 0 ? .token(code) : .soft(Int(-1 - code)) }
}
