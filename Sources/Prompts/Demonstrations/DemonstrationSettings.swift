/// How a prompt shows solved examples in front of its question: few-shot prompting (Brown et al. 2020, §2).
///
/// The text is
///
/// ```
/// instruction separator example separator example separator … question
/// ```
///
/// where an example is the template with a label word in its slot. Whatever is not asked for leaves no trace:
/// without an instruction and with no shots the text is that of the bare template, to the last token.
public struct DemonstrationSettings: Hashable, Codable, Sendable {
    /// The two line breaks that most work puts between examples (lm-eval, Zhao et al. 2021).
    public static let usualSeparator = "\n\n"
    /// How many examples one prompt may show.
    public static let shotLimit = 0...1024

    /// What stands in front of everything; nil for nothing.
    public var instruction: String?
    /// What stands behind the instruction and behind each example.
    public var separator: String
    /// `K`, how many examples are shown.
    public var shots: Int
    /// Which examples of the pool are shown.
    public var selection: DemonstrationSelection
    /// In which order they stand.
    public var order: DemonstrationOrder
    /// Decides what is drawn.
    public var seed: UInt64

    /// Settings; by default nothing is shown.
    public init(
        instruction: String? = nil, separator: String = usualSeparator, shots: Int = 0,
        selection: DemonstrationSelection = .random, order: DemonstrationOrder = .asDrawn, seed: UInt64 = 0
    ) {
        self.instruction = instruction
        self.separator = separator
        self.shots = shots
        self.selection = selection
        self.order = order
        self.seed = seed
    }

    /// Whether each question gets examples, or an order of them, of its own.
    public var isPerQuestion: Bool { shots > 0 && (selection == .nearest || order.isBySimilarity) }

    /// Whether texts are compared, so that something must turn them into vectors.
    public var needsVectors: Bool { shots > 0 && (isPerQuestion || selection == .diverse) }
}

/// In which order examples stand in front of the question.
///
/// Orders differ by up to tens of points (Zhao et al. 2021, §4), so the order is a part of a result. Where
/// the context is full, whole examples are left out, the least useful first; which that is, the order says.
public enum DemonstrationOrder: String, CaseIterable, Codable, Sendable {
    /// As they were drawn, the nearest first where the nearest are shown; the last drawn is left out first, so
    /// that a shorter prompt is what fewer shots of the same seed would have given.
    case asDrawn = "as-drawn"
    /// The most similar to the question first, as KATE has it (Liu et al. 2022, §3.1); the least similar is left
    /// out first.
    case similarFirst = "similar-first"
    /// The most similar right in front of the question; the least similar is left out first.
    case similarLast = "similar-last"
    /// Those of one label together, the labels in the verbalizer's order (Gao et al. 2021, §6); the last
    /// drawn is left out first.
    case labelGrouped = "label-grouped"

    /// Whether the order depends on the question.
    public var isBySimilarity: Bool { self == .similarFirst || self == .similarLast }

    /// Puts examples, the most useful first, into the order in which they are shown.
    func arranged<Element>(_ ranked: [Element], labels: [String], label: (Element) -> String?) -> [Element] {
        switch self {
        case .asDrawn, .similarFirst: return ranked
        case .similarLast: return ranked.reversed()
        case .labelGrouped:
            func place(_ element: Element) -> Int {
                label(element).flatMap { labels.firstIndex(of: $0) } ?? labels.count
            }
            return ranked.enumerated().sorted { left, right in
                (place(left.element), left.offset) < (place(right.element), right.offset)
            }.map(\.element)
        }
    }
}
