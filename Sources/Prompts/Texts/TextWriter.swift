public import Datasets
internal import Layers
public import Models
internal import Tensors
internal import Tokenizers

/// Writes texts with a prompt of any method that was taught by ``TextGeneration``, or with a template alone.
public struct TextWriter: RowAnswering {
    private let encoder: TextEncoder
    private let settings: TextSettings
    /// The model with the prompt's own weights over its own.
    package let model: PretrainedModel
    private let tensors: PromptTensors
    /// What all prompts start with; nil where that is not worth a block.
    let front: FrontBlock?
    /// How many texts are written together.
    private static let textsAWalk = 16

    /// Prepares a prompt for a model.
    ///
    /// - Parameters:
    ///   - prompt: what was taught.
    ///   - pretrained: the model.
    ///   - writing: how texts are written; nil for the prompt's own way.
    /// - Throws: ``PromptError`` where it writes no texts, is of another model, or its tensors do not fit.
    public init(_ prompt: Prompt, _ pretrained: PretrainedModel, _ writing: TextSettings? = nil) throws {
        let ready = try ReadyPrompt(prompt, as: .text, head: [], pretrained)
        settings = writing ?? prompt.manifest.texts ?? TextSettings()
        encoder = try TextEncoder(
            prompt.manifest.template, settings, room: ready.room, shortening: prompt.manifest.shortening,
            pretrained)
        model = pretrained.overlaid(by: prompt.ownWeights)
        tensors = ready.tensors
        front = try Self.front(of: prompt, encoder, pretrained)
    }

    /// The block that was compiled, if it is still this prompt's; else one to be computed.
    private static func front(
        of prompt: Prompt, _ encoder: TextEncoder, _ pretrained: PretrainedModel
    ) throws -> FrontBlock? {
        let rows = FrontBlock.sharedRows(prompt.manifest.template.fieldNames) {
            try? encoder.prompts.encode($0).before
        }
        if let compiled = prompt.front {
            try compiled.check(against: rows, of: prompt, pretrained)
            return FrontBlock(rows: rows, compiled.keyValues)
        }
        return rows.count >= FrontBlock.smallestCount ? FrontBlock(rows: rows) : nil
    }

    /// The block that all prompts start with.
    func block(_ front: FrontBlock) -> KeyValues {
        front.keyValues(model.model, tensors, .inference(model.weights))
    }

    /// The texts that follow the template filled with each example.
    public func answers(_ examples: [Example], progress: (Int) -> Void = { _ in }) throws -> [RowAnswer] {
        var answers: [RowAnswer] = []
        let step = settings.beams == nil ? Self.textsAWalk : 1
        for start in stride(from: 0, to: examples.count, by: step) {
            try Task.checkCancellation()
            let prompts = try examples[start..<min(start + step, examples.count)].map {
                try encoder.prompts.encode($0)
            }
            for (prompt, written) in zip(prompts, try write(prompts.map(\.before), from: start)) {
                var answer = RowAnswer(text: written.text.withoutSpacesAround)
                (answer.end, answer.tokensCut) = (written.end, prompt.cuts.reduce(0) { $0 + $1.cut })
                answers.append(answer)
            }
            progress(answers.count)
        }
        return answers
    }

    /// Prompts as the model reads them, all together; what all start with is a block.
    package func input(_ prompts: [[PromptRow]]) -> ModelInput {
        let shared = front.flatMap { front in prompts.allSatisfy(front.starts) ? front : nil }
        let packed = PackedPrompts(
            prompts.map { prompt in
                let own = Array(prompt.dropFirst(shared?.rows.count ?? 0))
                return PackedPrompts.Request(prompt: own, question: .rows([own.count - 1]))
            }, sharesPrefix: false)
        let read = PromptTensors(
            soft: tensors.soft, pasts: tensors.pasts + (shared.map { [block($0)] } ?? []))
        return packed.input(model.model, [read], .inference(model.weights))
    }

    private func write(_ prompts: [[PromptRow]], from first: Int) throws -> [WrittenText] {
        var plan = GenerationSettings(
            choice: settings.choice, tokenLimit: settings.tokenLimit,
            stopTexts: settings.endsWithLine ? ["\n"] : [])
        if case .sampling(var sampling) = plan.choice {
            sampling.seed &+= UInt64(first)
            plan.choice = .sampling(sampling)
        }
        let generator = Generator(model)
        guard let beams = settings.beams else { return try generator.texts(after: input(prompts), plan) }
        plan.stopTokens = stopTokens
        return try prompts.map { prompt in
            let best = try generator.beams(after: input([prompt]), beams, plan).first
            let text = model.tokenizer.decode(best?.tokens ?? [])
            return WrittenText(
                text: settings.endsWithLine ? String(text.prefix { !$0.isNewline }) : text,
                tokens: best?.tokens.count ?? 0, end: best?.end ?? .tokenLimit)
        }
    }

    /// What ends a text in beam search, which looks at tokens and not at texts.
    private var stopTokens: Set<Int32> {
        let line = settings.endsWithLine ? model.tokenizer.plainTokens(of: "\n") : []
        return Set([model.tokenizer.specialTokens.end].compactMap(\.self) + (line.count == 1 ? line : []))
    }
}
