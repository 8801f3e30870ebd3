public import ArgumentParser
public import Prompts

// Conformances of public types are public themselves, hence the public imports.

extension ScoringRule: ExpressibleByArgument {}

extension PromptTuning.Placement: ExpressibleByArgument {}
