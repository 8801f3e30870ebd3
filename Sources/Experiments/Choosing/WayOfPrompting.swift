public import Prompts

/// The ways of getting an answer out of a model that a comparison knows, the simplest first.
///
/// What is simpler is less to keep and to explain: a text, then a text with numbers, words that were searched, a text
/// with examples that every request pays for, then what is trained, by how much of it is stored.
public enum WayOfPrompting: String, CaseIterable, Codable, Sendable, Comparable {
    case zeroShot = "zero-shot"
    case calibrated
    case patterns
    case autoPrompt = "autoprompt"
    case fewShot = "few-shot"
    case linearProbe = "linear-probe"
    case promptTuning = "prompt-tuning"
    case pTuning = "p-tuning"
    case prefixTuning = "prefix-tuning"
    case deepPrompt = "deep-prompt"
    case lora
    case modelTuning = "model-tuning"

    /// The simpler one is smaller.
    public static func < (left: Self, right: Self) -> Bool { left.place < right.place }

    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether it is trained by steps, so that it has a learning rate.
    public var isTrained: Bool { self >= .linearProbe }

    /// Whether rows are shown in front of the question, which only a causal model is asked with.
    var needsCausalModel: Bool { self == .fewShot }

    /// One sentence for reports and explanations.
    public var summary: String {
        switch self {
        case .zeroShot: "the task's template, nothing learned"
        case .calibrated: "the task's template, its probabilities corrected (Zhao et al. 2021)"
        case .patterns: "other templates written by hand, the best on dev"
        case .autoPrompt: "words of the template searched by gradients (Shin et al. 2020)"
        case .fewShot: "solved examples in front of the question (Brown et al. 2020)"
        case .linearProbe: "a linear map from the frozen model's state to the labels"
        case .promptTuning: "soft rows in front of the text (Lester et al. 2021)"
        case .pTuning: "soft rows made by a small network (Liu et al. 2021)"
        case .prefixTuning: "keys and values of every layer (Li & Liang 2021)"
        case .deepPrompt: "P-tuning v2: keys and values of every layer, without a network (Liu et al. 2022)"
        case .lora: "low-rank changes of the model's maps (Hu et al. 2022)"
        case .modelTuning: "all of the model's weights, by the template and the label words"
        }
    }
}

/// A way of prompting with all its settings: what one line of a comparison stands for.
public struct Candidate: Codable, Hashable, Sendable {
    /// Which way.
    public var way: WayOfPrompting
    /// The settings that were given, by key: `rate automatic*3, soft-rows 20`; empty for none.
    public var variant: String
    /// What is done.
    public var recipe: Recipe

    /// What is done to make a prompt.
    public enum Recipe: Codable, Hashable, Sendable {
        /// The task's own template.
        case template
        /// Another template.
        case pattern(String)
        /// The task's own template, corrected.
        case corrected(LabelCalibration.Method)
        /// So many train rows as examples.
        case examples(DemonstrationSettings)
        /// A search of words.
        case search(AutoPrompt.Settings)
        /// A training.
        case training(MethodChoice)
    }

    /// A candidate of its parts.
    public init(_ way: WayOfPrompting, _ recipe: Recipe, variant: String = "") {
        (self.way, self.recipe, self.variant) = (way, recipe, variant)
    }

    /// The way and its variant, as tables and runs name it.
    public var name: String { variant.isEmpty ? way.rawValue : "\(way.rawValue) (\(variant))" }

    /// Whether another seed, or another number of rows, can give another result.
    public var dependsOnRows: Bool {
        switch recipe {
        case .template, .pattern: false
        case .corrected(let method): method.needsLabels
        case .examples, .search, .training: true
        }
    }

    /// Whether a smaller share of the steps is a cheaper rehearsal.
    public var hasSteps: Bool {
        switch recipe {
        case .search, .training: true
        case .template, .pattern, .corrected, .examples: false
        }
    }

    /// How many rows or examples stand in front of a text; nil where none do.
    var length: Int? {
        switch recipe {
        case .examples(let settings): settings.shots
        case .search(let settings): settings.triggers
        case .training(.promptTuning(let settings)): settings.rows
        case .training(.pTuning(let settings)): settings.rows
        case .training(.prefixTuning(let settings)): settings.rows
        case .training(.deepPrompt(let settings)): settings.rows
        case .template, .pattern, .corrected, .training: nil
        }
    }

    /// The layers that get keys and values, where they were named.
    var layers: [Int]? {
        switch recipe {
        case .training(.prefixTuning(let settings)): settings.layers
        case .training(.deepPrompt(let settings)): settings.layers
        case .template, .pattern, .corrected, .examples, .search, .training: nil
        }
    }
}
