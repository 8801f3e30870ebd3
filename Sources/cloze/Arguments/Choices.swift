public import ArgumentParser
public import Prompts

// Conformances of public types are public themselves, hence the public imports.

extension ScoringRule: ExpressibleByArgument {}

extension DemonstrationSelection: ExpressibleByArgument {}

extension DemonstrationOrder: ExpressibleByArgument {}

extension MaskDecoding: ExpressibleByArgument {}

extension AutoPrompt.Measure: ExpressibleByArgument {}

extension EnsembleWeighting: ExpressibleByArgument {}

extension AnswerLoss: ExpressibleByArgument {}

extension PromptTuning.Placement: ExpressibleByArgument {}
extension LabelWordSearch.Name: ExpressibleByArgument {}

extension PETAL.Score: ExpressibleByArgument {}

extension Readout: ExpressibleByArgument {}

extension Readout {
    /// Whether ``ProtoVerb`` trains it.
    var isOfPrototypes: Bool { self == .prototypes || self == .prototypesAndWords }
}
