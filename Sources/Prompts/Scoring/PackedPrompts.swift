package import Layers
package import Models
package import Tensors

/// Rows that a model must read to score candidates, packed so that nothing is computed twice.
///
/// What all prompts start with (a soft prompt, an instruction, demonstrations) is one sequence that the
/// others read; each prompt's own rest is a sequence; and the candidates that follow a prompt are branches of
/// a tree whose shared beginnings are sequences too. Each sequence names the earlier ones it reads
/// (`ancestors`), so one walk through the model computes everything. On a causal model this changes no value:
/// a row's keys and values depend only on what stands before it.
package struct PackedPrompts: Sendable {
    /// One prompt with the texts that may follow it.
    package struct Request: Sendable {
        /// The rows in front of the answer; at least one.
        package var prompt: [PromptRow]
        /// The candidates: the answer's tokens and, where the slot is not at the end, the rows behind it.
        package var candidates: [[PromptRow]]

        /// A prompt with its candidates.
        package init(prompt: [PromptRow], candidates: [[PromptRow]]) {
            self.prompt = prompt
            self.candidates = candidates
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

    package private(set) var rows: [PromptRow] = []
    package private(set) var lengths: [Int] = []
    package private(set) var ancestors: [[Int]] = []
    /// The packed rows whose predictions are read.
    package private(set) var readouts: [Int32] = []
    /// For each request, for each candidate, its tokens' places. Soft rows behind a slot are read, not
    /// predicted.
    package private(set) var steps: [[[Step]]] = []

    /// Packs requests.
    ///
    /// - Parameter sharesPrefix: whether what all prompts start with is read once; only for causal models.
    package init(_ requests: [Request], sharesPrefix: Bool = true) {
        let shared = sharesPrefix && requests.count > 1 ? Self.sharedPrefix(requests.map(\.prompt)) : 0
        if shared > 0 { _ = append(Array(requests[0].prompt.prefix(shared)), behind: []) }
        for request in requests {
            let sequence = append(Array(request.prompt.dropFirst(shared)), behind: shared > 0 ? [0] : [])
            let trie = AnswerTrie(request.candidates.map { $0.map(\.code) })
            var readoutOf = [Int](repeating: -1, count: trie.nodes.count)
            readoutOf[0] = addReadout(Int32(rows.count - 1))
            grow(trie, from: 0, behind: ancestors[sequence] + [sequence], &readoutOf)
            steps.append(
                trie.ends.map { end in
                    trie.path(to: end).compactMap { node in
                        guard let token = trie.nodes[node].token, token >= 0,
                            let parent = trie.nodes[node].parent
                        else { return nil }
                        return Step(readout: readoutOf[parent], token: token)
                    }
                })
        }
    }

    /// Appends the branches below a node; a run of nodes without a fork is one sequence.
    private mutating func grow(
        _ trie: AnswerTrie, from node: Int, behind chain: [Int], _ readoutOf: inout [Int]
    ) {
        for child in trie.nodes[node].children where !trie.nodes[child].children.isEmpty {
            var run = [child]
            while let last = run.last, trie.nodes[last].children.count == 1,
                let next = trie.nodes[last].children.first, !trie.nodes[next].children.isEmpty
            {
                run.append(next)
            }
            let sequence = append(run.map { PromptRow(code: trie.nodes[$0].token ?? 0) }, behind: chain)
            for (place, inner) in run.enumerated() {
                readoutOf[inner] = addReadout(Int32(rows.count - run.count + place))
            }
            if let last = run.last { grow(trie, from: last, behind: chain + [sequence], &readoutOf) }
        }
    }

    private mutating func append(_ newRows: [PromptRow], behind chain: [Int]) -> Int {
        rows += newRows
        lengths.append(newRows.count)
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
    /// - Parameter soft: `[P, D]`, the trained rows; nil where no row is soft.
    package func input(
        _ model: any LanguageModel, soft: Tensor?, _ pass: Pass, pasts: [KeyValues] = []
    ) -> ModelInput {
        ModelInput(
            embeddings: Self.embeddings(rows, model, soft: soft, pass), lengths: lengths, pasts: pasts,
            pastsOf: Array(repeating: Array(pasts.indices), count: lengths.count), ancestorsOf: ancestors,
            readouts: readouts)
    }

    /// Embedded tokens with soft rows between them, `[rows, D]`.
    static func embeddings(_ rows: [PromptRow], _ model: any LanguageModel, soft: Tensor?, _ pass: Pass)
        -> Tensor
    {
        let tokens = rows.compactMap { row -> Int32? in if case .token(let token) = row { token } else { nil }
        }
        guard let soft, tokens.count < rows.count else { return model.embed(tokens, pass) }
        var next: Int32 = -1
        let index = rows.map { row -> Int32 in
            switch row {
            case .token:
                next += 1
                return next
            case .soft(let place): return Int32(tokens.count + place)
            }
        }
        let tables = tokens.isEmpty ? [soft] : [model.embed(tokens, pass), soft]
        return Tensor.rows(index, of: tables)
    }
}

extension PromptRow {
    /// A token as itself, a soft row as a negative number: rows as keys of an ``AnswerTrie``.
    fileprivate var code: Int32 {
        switch self {
        case .token(let token): token
        case .soft(let place): -1 - Int32(place)
        }
    }

    fileprivate init(code: Int32) { self = code >= 0 ? .token(code) : .soft(Int(-1 - code)) }
}
