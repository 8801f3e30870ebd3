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
extension Readout: ExpressibleByArgument {}
