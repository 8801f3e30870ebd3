import ArgumentParser
import Foundation
import Models
import Prompts
import Tensors

/// Prompts that answer together (Lester et al. 2021, §6).
struct VoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A saved prompt that answers too, in the same batch; the majority counts. May be said several times.",
            valueName: "folder"))
    var voteWith: [String] = []

    /// Throws where answers would be corrected or examples shown, which is one prompt's own.
    func check(_ shown: DemonstrationOptions, _ corrected: CalibrationOptions) throws {
        guard !voteWith.isEmpty else { return }
        guard !shown.isAsked, try corrected.methods.isEmpty, corrected.abstain == nil else {
            throw UsageError("--vote-with goes without --shots, --instruction, --calibrate and --abstain")
        }
    }

    /// The prompts, under names that tell them apart.
    func prompts(_ pretrained: PretrainedModel) throws -> [Prompt] {
        try voteWith.enumerated().map { index, path in
            var prompt = try PromptFolder(URL(fileURLWithPath: path)).read(on: pretrained.backend)
            prompt.manifest.name = "\(prompt.id) (\(index + 2))"
            guard prompt.manifest.choices == nil, Readout.ofLabels.contains(prompt.readout) else {
                throw UsageError("\(path) does not answer with labels, so it has no vote")
            }
            return prompt
        }
    }
}
