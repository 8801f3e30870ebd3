internal import Layers
internal import Models
internal import Tensors

extension RunContext {
    /// What the names of networks begin with that make rows, or keys and values.
    private static let networks = [PseudoTokenEncoder.path, Prefix.path / "encoder"].map { $0.name + "." }

    /// What is trained, as another prompt left it where one is given.
    ///
    /// - Parameters:
    ///   - start: what is trained, as the method starts it.
    ///   - constants: what is read and not trained, such as LoRA's scalings.
    ///   - labels: those that the readout's own weights tell apart; where the source has others, they start anew.
    ///   - pretrained: the model.
    /// - Throws: ``PromptError`` where that prompt is of another model, does not have the same tensors, or reads them
    ///   otherwise.
    func start(
        from start: NamedTensors, _ constants: NamedTensors, labels: [String]?, _ pretrained: PretrainedModel
    ) throws -> NamedTensors {
        guard let source = startingFrom else { return start }
        try pretrained.check(source.manifest)
        let keepsReadout = labels.map { $0 == source.manifest.verbalizer.labels } ?? true
        let learned = source.tensors.filter {
            start[$0] != nil && (keepsReadout || !TrainedReadoutNames.contains($0))
        }
        for name in start.names where !TrainedReadoutNames.contains(name) {
            guard let own = start[name], learned[name]?.shape == own.shape else {
                if Self.networks.contains(where: name.hasPrefix) {
                    throw PromptError.cannotStartFrom(
                        source.id,
                        reason:
                            "a prompt keeps what its network made and not the network; train rows, keys and "
                            + "values themselves (prompt-tuning, prefix-tuning or deep-prompt without --encoder)"
                    )
                }
                throw PromptError.wrongShape(
                    prompt: source.id, expected: "\(start[name]?.shape ?? []) as \(name)",
                    found: learned[name].map { "\($0.shape)" } ?? "absent")
            }
        }
        for name in constants.names {
            guard let own = constants[name], source.tensors[name]?.floats == own.floats else {
                throw PromptError.cannotStartFrom(
                    source.id, reason: "its \(name) is not this run's; give the same --rank and --alpha")
            }
        }
        let isKnown = { (name: String) in
            start[name] != nil || constants[name] != nil || TrainedReadoutNames.contains(name)
                || name == WeightedWords.calibrationName
        }
        if let more = source.tensors.names.first(where: { !isKnown($0) }) {
            throw PromptError.cannotStartFrom(
                source.id, reason: "it has \(more) too, which this run does not train")
        }
        return start.overlaid(by: learned.filter { learned[$0]?.shape == start[$0]?.shape })
    }
}
