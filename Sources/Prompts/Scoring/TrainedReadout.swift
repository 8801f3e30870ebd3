package import Layers
package import Models
package import Tensors

/// A scorer with weights of its own, which a method trains and a prompt stores.
package protocol TrainedReadout: LabelScorer {
    /// Its weights.
    var parameters: [Parameter] { get }
    /// Numbers that it reads beside them and that no training moves; a prompt may lack them.
    var constants: [Parameter] { get }
    /// The rate that its weights move at whatever the method's own is; nil for the method's.
    var ownRate: Float? { get }
    /// Whether a weight may have no gradient at the first step.
    func mayStartFlat(_ name: String) -> Bool

    /// Its weights before the first step.
    func start(_ random: inout CounterRandom, _ pretrained: PretrainedModel) -> NamedTensors
}

extension TrainedReadout {
    package var constants: [Parameter] { [] }
    package var ownRate: Float? { nil }
    package func mayStartFlat(_ name: String) -> Bool { false }
}

extension ClassificationHead: TrainedReadout {
    package func start(_ random: inout CounterRandom, _ pretrained: PretrainedModel) -> NamedTensors {
        start(&random, on: pretrained.backend)
    }
}

/// The names that readouts' own weights have.
enum TrainedReadoutNames {
    private static let prefixes = [ClassificationHead.path, PrototypeReadout.path].map { $0.name + "." }
    private static let names = [SoftVerbalizer.parameterName, WeightedWords.parameterName]

    /// Whether a weight is a readout's own.
    static func contains(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}

extension LanguageModel {
    /// The scorer that a readout stands for.
    ///
    /// - Parameters:
    ///   - readout: one that gives an example a label.
    ///   - words: the label words.
    ///   - rule: of ``Readout/verbalizer``.
    ///   - decoding: in which order masks are filled; nil for ``MaskDecoding/mostLikelyFirst``.
    ///   - masks: how many the template fixes.
    ///   - isCalibrated: whether ``Readout/weightedWords`` has the words' calibration beside its weights.
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for a readout that gives no label.
    func scorer(
        _ readout: Readout, _ words: EncodedVerbalizer, rule: ScoringRule = .sum,
        decoding: MaskDecoding? = nil, masks: Int? = nil, isCalibrated: Bool = false
    ) throws -> any LabelScorer {
        switch readout {
        case .verbalizer: scorer(words, rule: rule, decoding: decoding, masks: masks)
        case .classifier: ClassificationHead(labels: words.labels, width: traits.width)
        case .softVerbalizer: SoftVerbalizer(self, words, masks: masks)
        case .weightedWords: WeightedWords(self, words, masks: masks, isCalibrated: isCalibrated)
        case .prototypes: PrototypeReadout(self, words, masks: masks)
        case .prototypesAndWords: PrototypeReadout(self, words, masks: masks, combinesWords: true)
        case .tagger, .span, .text:
            throw PromptError.badSetting(
                name: "the readout", value: readout.rawValue,
                allowed: Readout.ofLabels.map(\.rawValue).joined(separator: " or ") + " for labelled rows")
        }
    }
}

extension EncodedPrompt {
    /// What reads the state at the answer: the first of so many masks, or on a causal model the last row in front of the
    /// slot; what stands behind a causal slot is not seen.
    func stateRequest(masks count: Int?, owner: Int) -> PackedPrompts.Request {
        switch kind {
        case .causal:
            PackedPrompts.Request(prompt: before, question: .rows([before.count - 1]), owner: owner)
        case .masked:
            PackedPrompts.Request(
                prompt: filled(with: masks(count ?? 1)), question: .rows([before.count]), owner: owner,
                separator: separator)
        }
    }

    /// How many rows such a request has.
    func stateRows(masks count: Int?) -> Int {
        kind == .causal ? before.count : before.count + (count ?? 1) + after.count
    }
}
