public import Datasets
internal import Foundation
public import Models
public import Prompts
internal import Tensors

/// Few-shot prompting on a frozen model: draws examples, answers rows, corrects the answers.
public struct InContextLearning: Sendable {
    private let pretrained: PretrainedModel
    private let base: Prompt
    private let plan: InContextPlan
    private let vectorizer: (any TextVectorizer)?

    /// Prepares a plan.
    ///
    /// - Parameters:
    ///   - base: the prompt in front of whose questions examples are shown.
    ///   - plan: which examples, draws and corrections.
    ///   - pretrained: the model that answers.
    ///   - vectorizer: compares texts; nil for the model itself.
    public init(
        _ base: Prompt, _ plan: InContextPlan, _ pretrained: PretrainedModel,
        vectorizer: (any TextVectorizer)? = nil
    ) {
        self.pretrained = pretrained
        self.base = base
        self.plan = plan
        self.vectorizer = vectorizer
    }

    /// The prompt of one draw, uncorrected.
    ///
    /// - Throws: `DemonstrationError` and what the texts' vectors throw.
    public func prompt(seed: UInt64) throws -> Prompt {
        var settings = plan.settings
        guard settings.shots > 0 || settings.instruction != nil else { return base }
        settings.seed = seed
        let fields = base.manifest.template.fieldNames
        let own = vectorizer ?? ModelVectorizer(pretrained)
        var prompt = base
        prompt.front = nil
        let demonstrations = try Demonstrations(
            settings, from: plan.pool, labels: base.manifest.verbalizer.labels, fields: fields, own)
        prompt.manifest.demonstrations = demonstrations
        if settings.isPerQuestion, !demonstrations.examples.isEmpty {
            let vectors = try own.vectors(of: demonstrations.examples.map { $0.text(of: fields) })
            prompt.exampleVectors = Tensor(
                vectors.flatMap { $0 }, shape: [vectors.count, vectors[0].count], on: pretrained.backend)
        }
        return prompt
    }

    /// Answers rows with one draw, as they are and under each correction.
    ///
    /// - Throws: `DemonstrationError`, `CalibrationError`, and what the predictor throws.
    public func runs(
        on dataset: Dataset, seed: UInt64, progress: (Int) -> Void = { _ in }
    ) throws -> [InContextRun] {
        let prompt = try prompt(seed: seed)
        let predictor = try predictor(prompt)
        let start = Date()
        let answers = try self.answers(dataset.examples, predictor, prompt, progress: progress)
        let seconds = Date().timeIntervalSince(start)
        let held = try heldOut(predictor, prompt)
        let corrections = try plan.calibrations.map {
            try calibration($0, predictor, prompt, answers: answers, held)
        }
        return try ([nil] + corrections.map(Optional.some)).map { calibration in
            var corrected = prompt
            // Several that vote are told by all their names.
            corrected.manifest.name = voices(with: prompt).joined(separator: " + ")
            if calibration != nil { corrected.manifest.calibration = calibration }
            if let precision = plan.precision {
                corrected.manifest.abstention = try abstention(precision, calibration, held)
            }
            return InContextRun(
                seed: seed, method: calibration?.method, prompt: corrected,
                answers: answers.map { $0.corrected(by: calibration, corrected.manifest.abstention) },
                seconds: seconds)
        }
    }

    /// What answers with a prompt, and with those that vote beside it.
    public func predictor(_ prompt: Prompt) throws -> Predictor {
        try Predictor([prompt] + plan.voters, pretrained, vectorizer: vectorizer)
    }

    /// The prompt's answers, or those of the majority where others vote beside it.
    ///
    /// - Parameters:
    ///   - examples: the rows.
    ///   - predictor: what ``predictor(_:)`` has made of the prompt.
    ///   - prompt: the prompt of a draw.
    ///   - progress: called with the number of rows answered so far.
    public func answers(
        _ examples: [Example], _ predictor: Predictor, _ prompt: Prompt, progress: (Int) -> Void = { _ in }
    ) throws -> [Prediction] {
        guard !plan.voters.isEmpty else {
            return try predictor.predict(examples, with: prompt.id, progress: progress)
        }
        let voices = voices(with: prompt)
        return try predictor.predict(examples, byVoteOf: voices) { progress($0 / voices.count) }
    }

    private func voices(with prompt: Prompt) -> [Prompt.ID] { [prompt.id] + plan.voters.map(\.id) }

    /// One draw's prompt with its correction, for a prompt that is to be saved; nothing is measured.
    ///
    /// - Throws: `CalibrationError.tooFewRows(what:found:needed:)` where batch calibration has no rows.
    public func corrected(seed: UInt64) throws -> Prompt {
        var prompt = try prompt(seed: seed)
        guard !plan.calibrations.isEmpty || plan.precision != nil else { return prompt }
        let predictor = try Predictor([prompt], pretrained, vectorizer: vectorizer)
        let held = try heldOut(predictor, prompt)
        prompt.manifest.calibration = try plan.calibrations.first.map {
            try calibration($0, predictor, prompt, answers: held.answers, held)
        }
        prompt.manifest.abstention = try plan.precision.map {
            try abstention($0, prompt.manifest.calibration, held)
        }
        return prompt
    }

    // MARK: Corrections

    /// Rows with labels, answered.
    private struct HeldOut {
        var answers: [Prediction] = []
        var labels: [String] = []
    }

    private func heldOut(_ predictor: Predictor, _ prompt: Prompt) throws -> HeldOut {
        guard let rows = plan.heldOut, plan.precision != nil || !plan.calibrations.isEmpty else {
            return HeldOut()
        }
        return HeldOut(
            answers: try predictor.predict(rows.examples, with: prompt.id),
            labels: rows.examples.map { $0.label ?? "" })
    }

    private func calibration(
        _ method: LabelCalibration.Method, _ predictor: Predictor, _ prompt: Prompt, answers: [Prediction],
        _ held: HeldOut
    ) throws -> LabelCalibration {
        guard prompt.manifest.choices == nil else { throw CalibrationError.choices }
        switch method {
        case .contextual:
            let fields = prompt.manifest.template.fieldNames
            let questions = plan.contentFree.map { text in
                Example(fields: Dictionary(fields.map { ($0, text) }, uniquingKeysWith: { $1 }))
            }
            return .contextual(try predictor.predict(questions, with: prompt.id).map(\.probabilities))
        case .batch:
            guard !answers.isEmpty else {
                throw CalibrationError.tooFewRows(what: "batch calibration", found: 0, needed: 1)
            }
            return .batch(answers.map(\.probabilities))
        case .temperature, .bias:
            let labels = zip(held.answers, held.labels).map { $0.labels.firstIndex(of: $1) ?? 0 }
            return try TemperatureFit.calibration(
                held.answers.map(\.probabilities), labels: labels, hasOffsets: method == .bias)
        }
    }

    private func abstention(
        _ precision: Double, _ calibration: LabelCalibration?, _ held: HeldOut
    ) throws -> Abstention {
        let answers = held.answers.map { $0.corrected(by: calibration, nil) }
        return try Abstention(
            precision: precision, confidences: answers.map(\.confidence),
            right: zip(answers, held.labels).map { $0.label == $1 })
    }
}

extension Prediction {
    /// The probability of the label that is answered.
    public var confidence: Float { probabilities.max() ?? 0 }

    /// The answer with its probabilities corrected.
    fileprivate func corrected(by calibration: LabelCalibration?, _ abstention: Abstention?) -> Prediction {
        var answer = self
        if let calibration { answer.probabilities = calibration.calibrated(probabilities) }
        let shares = answer.probabilities
        let best = shares.indices.reduce(0) { shares[$1] > shares[$0] ? $1 : $0 }
        answer.label = labels[best]
        answer.isWithheld = abstention?.withholds(shares[best]) ?? false
        return answer
    }
}
