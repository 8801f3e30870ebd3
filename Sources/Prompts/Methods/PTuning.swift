public import Datasets
internal import Layers
public import Models
package import Tensors

/// P-tuning (Liu et al. 2021): pseudo-tokens anywhere in the template, between words that stay ("anchors"), whose
/// embeddings a small network makes; the model frozen, or tuned together with them at a rate of its own.
///
/// What is stored is the embeddings; they give what the live network gives. Where we differ: the loss is a softmax
/// over the labels.
public struct PTuning: PromptMethod {
    /// The name on the command line.
    public static let name = "p-tuning"

    /// What a run is told.
    public struct Settings: MethodSettings {
        /// How many pseudo-tokens, where the template has no soft slot of its own.
        public var rows = 6
        /// Where they stand then.
        public var placement = PromptTuning.Placement.end
        /// The network that makes their embeddings.
        public var encoder = PseudoTokenEncoder.Kind.lama
        /// Which weights of the model are tuned together with them; nil for a frozen model (§9.3 of the notes: LAMA
        /// freezes it, FewGLUE tunes it).
        public var tuned: WeightSelection?
        /// The model's own rate, where it is tuned.
        public var modelRate: Float = 1e-5
        /// The model's own decay, where it is tuned.
        public var modelDecay: Float = 0.1
        /// How labels are read.
        public var readout = Readout.verbalizer
        /// How long and how fast.
        public var learning = LearningSettings()

        /// The defaults.
        public init() {}
    }

    /// What the automatic rate is: the network's own weights are on the same scale for every model.
    public static let rate: Float = 1e-3

    /// What this run was told.
    public let settings: Settings

    /// The method with its settings.
    public init(_ settings: Settings) { self.settings = settings }

    /// Learns the embeddings of the pseudo-tokens.
    public func fit(
        _ split: FewShotSplit, _ task: PromptTask, to pretrained: PretrainedModel, _ run: RunContext
    ) throws -> Prompt {
        try lesson(task, pretrained).0.fit(
            Self.name, task, split, settings.learning, readout: settings.readout, over: pretrained, run,
            described: described)
    }

    /// The template with pseudo-tokens where the settings want them; one that has its own is left alone.
    public func template(for task: PromptTask) throws -> Template {
        try settings.learning.check()
        return try task.template.withSoftRows(settings.rows, at: settings.placement)
    }

    /// How many numbers a run would train.
    public func trainedCount(for task: PromptTask, _ pretrained: PretrainedModel) throws -> Int {
        try lesson(task, pretrained).0.start.parameterCount
    }

    /// What is trained.
    package func lesson(_ task: PromptTask, _ pretrained: PretrainedModel) throws -> (
        Lesson, PseudoTokenEncoder
    ) {
        let setup = try PromptSetup(
            task, template: try template(for: task), pretrained, readout: settings.readout)
        let layout = setup.encoder.softLayout
        var random = CounterRandom(seed: settings.learning.seed, stream: 1)
        let parts = try parts(layout, pretrained, settings.readout, &random)
        let head = setup.readoutStart(&random)
        return (Lesson(setup, parts, pretrained.model, head: head), encoder(layout, pretrained))
    }

    private func encoder(_ layout: SoftLayout, _ pretrained: PretrainedModel) -> PseudoTokenEncoder {
        PseudoTokenEncoder(
            settings.encoder, tokens: layout.rowCount, width: pretrained.model.traits.inputWidth)
    }

    /// The network and the tuned weights, whatever reads the answer.
    func parts(
        _ layout: SoftLayout, _ pretrained: PretrainedModel, _ readout: Readout,
        _ random: inout CounterRandom
    ) throws -> TrainedParts {
        let encoder = encoder(layout, pretrained)
        let tuned = try settings.tuned?.weights(of: pretrained, readout: readout) ?? NamedTensors()
        let start = encoder.start(&random, on: pretrained.backend).overlaid(by: tuned)
        var parts = TrainedParts(start: start, automaticRate: (Self.rate, "\(Self.name)'s own"))
        parts.tensors = { PromptTensors(soft: encoder.rows($0)) }
        parts.folded = { Self.folded($0, encoder) }
        if !tuned.isEmpty {
            parts.apart = Lesson.Apart(
                names: Set(tuned.names), rate: settings.modelRate, decay: settings.modelDecay)
        }
        parts.headRate = tuned.isEmpty ? ModelTuning.probeRate : nil
        parts.readsInputsOnce = tuned.isEmpty
        // A single token never reads the LSTM's state before it.
        let isSingle = layout.rowCount == 1
        parts.mayStartFlat = { isSingle && $0.contains("weight_hh") }
        return parts
    }

    /// What is stored: the network's output, and the tuned weights.
    package static func folded(_ learned: NamedTensors, _ encoder: PseudoTokenEncoder) -> NamedTensors {
        let own = Set(encoder.parameters.map(\.name))
        return learned.filter { !own.contains($0) }.overlaid(
            by: NamedTensors([SoftPrompt.parameterName: encoder.rows(.inference(learned))]))
    }

    private func described(rate: Float) -> [String: String] {
        var values = settings.learning.described(rate: rate)
        values["rows"] = "\(settings.rows)"
        values["placement"] = settings.placement.rawValue
        values["encoder"] = settings.encoder.json
        values["readout"] = settings.readout.rawValue
        values["tuned"] = settings.tuned?.json
        if settings.tuned != nil {
            values["modelRate"] = "\(settings.modelRate)"
            values["modelDecay"] = "\(settings.modelDecay)"
        }
        return values
    }
}
