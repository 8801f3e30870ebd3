/// How a family's parameters are found in somebody else's checkpoint: under which name, in which form.
///
/// Patterns: `*` stands for one part of a name between dots (the number of a layer), `**` for any text; the
/// stars of the other name are filled in order.
package struct NameRules: Sendable {
    /// One rule.
    package enum Rule: Sendable {
        /// Our `name` may be called `other` there; earlier rules are tried first, our own name after all of
        /// them.
        case rename(String, to: String)
        /// Where `name` is not there at all, `other` (one of the checkpoint's names) stands for it: tied
        /// embeddings.
        case fallback(String, to: String)
        /// Every name may carry this prefix there.
        case optionalPrefix(String)
        /// The tensor of our `name` is changed once it is read; several changes apply in order.
        case change(String, Change)
        /// A name of the checkpoint that may stay unused.
        case ignore(String)
    }

    /// How a tensor is brought into our form.
    package enum Change: Hashable, Sendable {
        /// Rows and columns exchanged (GPT-2 keeps its weights as `[inputs, outputs]`). Gives float32.
        case transpose
        /// Some of the rows: a part of a fused projection. A view, of any element type.
        case rows(Range<Int>)
        /// Rows of each head brought from interleaved pairs (`0, W/2, 1, W/2 + 1 …`, as llama.cpp stores the
        /// llama architecture's queries and keys) into halves (`0 … W/2 - 1, W/2 … W - 1`, as Hugging Face
        /// does). Whole rows are copied, so block types stay as they are.
        case unpermuteRows(heads: Int)
        /// A constant added to every element (a norm stored as its offset from 1, or the reverse). Gives
        /// float32.
        case add(Float)
    }

    private let renames: [(ours: NamePattern, theirs: NamePattern)]
    private let fallbacks: [(ours: NamePattern, theirs: NamePattern)]
    private let prefixes: [String]
    private let changes: [(ours: NamePattern, change: Change)]
    private let ignored: [NamePattern]

    /// Rules in order of precedence; with none, every name stands for itself.
    package init(_ rules: [Rule] = []) {
        renames = rules.compactMap {
            guard case .rename(let ours, let theirs) = $0 else { return nil }
            return Self.pair(ours, theirs)
        }
        fallbacks = rules.compactMap {
            guard case .fallback(let ours, let theirs) = $0 else { return nil }
            return Self.pair(ours, theirs)
        }
        prefixes = rules.compactMap {
            guard case .optionalPrefix(let prefix) = $0 else { return nil }
            return prefix
        }
        changes = rules.compactMap {
            guard case .change(let ours, let change) = $0 else { return nil }
            return (NamePattern(ours), change)
        }
        ignored = rules.compactMap {
            guard case .ignore(let theirs) = $0 else { return nil }
            return NamePattern(theirs)
        }
    }

    /// The names that a parameter may have in a checkpoint, the likeliest first.
    package func candidates(for name: String) -> [String] {
        let plain = Self.targets(of: name, renames) + [name] + Self.targets(of: name, fallbacks)
        var seen: Set<String> = []
        return plain.flatMap { base in [base] + prefixes.map { $0 + base } }.filter {
            seen.insert($0).inserted
        }
    }

    /// What is done to a parameter's tensor, in order.
    package func changes(to name: String) -> [Change] {
        changes.filter { $0.ours.match(name) != nil }.map(\.change)
    }

    /// Whether a checkpoint's name may stay unused.
    package func ignores(_ name: String) -> Bool { ignored.contains { $0.match(name) != nil } }

    private static func pair(_ ours: String, _ theirs: String) -> (ours: NamePattern, theirs: NamePattern) {
        let pair = (ours: NamePattern(ours), theirs: NamePattern(theirs))
        precondition(
            pair.ours.starCount >= pair.theirs.starCount, "NameRules: \(theirs) has more stars than \(ours)")
        return pair
    }

    private static func targets(
        of name: String, _ pairs: [(ours: NamePattern, theirs: NamePattern)]
    ) -> [String] {
        pairs.compactMap { pair in pair.ours.match(name).map(pair.theirs.filled) }
    }
}
