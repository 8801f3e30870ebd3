internal import Datasets
internal import Foundation
internal import Models
internal import Prompts
internal import Tokenizers

extension Comparison {
    /// Puts the pieces of a comparison together; everything is taken from the store, so that a comparison that was
    /// killed says the same as one that was not.
    func comparisonReport(
        _ setup: Setup, _ standing: Race.Standing, _ run: RunRecord.ID, _ test: Dataset
    ) throws -> ComparisonReport {
        let results = setup.done.values.sorted { $0.heat.order < $1.heat.order }
        let trials = Dictionary(
            try store.trials(of: run).map { ($0.identity ?? "", $0.id) }, uniquingKeysWith: { $1 })
        let scored = try finals(setup, standing, results, test) { heat in
            try store.predictions(of: trials[heat.identity(setup.candidates)] ?? "")
        }
        let compared = try FinalComparison(scored)
        let rows = (experiment.shots.last ?? 0) * setup.task.verbalizer.labels.count
        let lines = Lines(setup: setup, standing: standing, results: results, compared: compared)
        let points = results.filter { $0.isFinished && $0.heat.isFinal }.compactMap(point)
        return ComparisonReport(
            run: run, name: experiment.name, task: experiment.task.name, model: pretrained.name,
            metric: test.metric.name, budget: experiment.budget, spent: results.map(\.seconds).reduce(0, +),
            shots: experiment.shots, seeds: standing.seeds, seedsAsked: experiment.seeds.count,
            fewerSeeds: standing.fewerSeeds.keys.sorted().map { setup.candidates[$0].name },
            labels: test.labels, trainRows: rows, devRows: rows, testRows: test.examples.count,
            testReadings: try store.countReading(of: setup.test.record.fingerprint, by: run),
            majority: try Evaluation(test.examples.map { _ in test.mostFrequentLabel }, to: test).value,
            lines: lines.all, points: points, skippedPoints: standing.skipped.count,
            rehearsals: results.filter { !$0.heat.isFinal }.map {
                .init(name: $0.candidate.name, share: $0.heat.share, dev: $0.dev, seconds: $0.seconds)
            },
            recommendation: try recommendation(compared, lines.all, test.metric),
            details: try details(compared, setup, test, trials),
            hardest: hardest(scored, test), words: setup.words.describe(),
            findings: try findings(setup, test), experiment: setup.settings)
    }

    /// The finalists' answers with the most rows, seed by seed.
    ///
    /// - Throws: ``ExperimentError/nothingToCompare(_:)`` where no final came to its end.
    private func finals(
        _ setup: Setup, _ standing: Race.Standing, _ results: [HeatResult], _ test: Dataset,
        _ answers: (Heat) throws -> [PredictionRecord]
    ) throws -> [FinalScores] {
        let most = setup.race.shots.last
        let main = results.filter { $0.isFinished && $0.heat.isFinal && $0.heat.shots == most }
        let finals = try standing.finalists.compactMap { candidate -> FinalScores? in
            let own = try main.filter { $0.heat.candidate == candidate }.map { try answers($0.heat) }
            return try own.isEmpty ? nil : FinalScores(candidate, own, test)
        }
        guard finals.isEmpty else { return finals }
        let reasons = results.compactMap { result in result.reason.map { "\(result.candidate.name): \($0)" } }
        throw ExperimentError.nothingToCompare(
            "no method could be run to its end; " + reasons.joined(separator: "; "))
    }

    private func point(_ result: HeatResult) -> ComparisonReport.Point? {
        result.test.map { value in
            .init(
                name: result.candidate.name, way: result.candidate.way,
                shots: result.candidate.dependsOnRows ? result.heat.shots : 0, seed: result.heat.seed,
                value: value)
        }
    }

    // MARK: The choice

    private func recommendation(
        _ compared: FinalComparison, _ lines: [ComparisonReport.Line], _ metric: Metric
    ) throws -> ComparisonReport.Recommendation {
        let (index, best, difference) = try compared.recommended()
        let (own, top) = (lines[index], lines[best])
        let (value, highest) = (own.value ?? 0, top.value ?? 0)
        let sentence: String
        if let difference {
            sentence =
                "\(own.name) has \(metric.name) \(value.rounded(3)). \(top.name) has \(highest.rounded(3)), but "
                + "the difference of \(difference.value.rounded(3)) (\(difference.interval.low.rounded(3)) to "
                + "\(difference.interval.high.rounded(3))) is within the noise of these rows and seeds, so the simpler way "
                + "is recommended."
        } else if compared.finals.count == 1 {
            sentence = "\(own.name) has \(metric.name) \(value.rounded(3)); nothing else was run in full."
        } else if index == 0 {
            sentence =
                "\(own.name) has \(metric.name) \(value.rounded(3)), and nothing that is less simple has more."
        } else {
            sentence =
                "\(own.name) has \(metric.name) \(value.rounded(3)), more than every simpler way by more than these rows "
                + "and seeds leave to chance."
        }
        return .init(way: own.way, name: own.name, value: value, sentence: sentence, prompt: own.prompt)
    }

    // MARK: Details

    private func details(
        _ compared: FinalComparison, _ setup: Setup, _ test: Dataset, _ trials: [String: RunRecord.ID]
    ) throws -> [ComparisonReport.Details] {
        try compared.finals.map { final in
            let answers = final.answers[0]
            let expected = test.examples.map { $0.label ?? "" }
            let matrix = try ConfusionMatrix(
                predicted: answers.map(\.label), expected: expected, labels: test.labels)
            let calibration = try Calibration(
                confidences: answers.map { Double(min(1, $0.probabilities.max() ?? 0)) },
                right: zip(answers, expected).map { $0.label == $1 }, bins: 10)
            let heat = Heat(
                candidate: final.candidate, share: 1, isFinal: true, shots: setup.race.shots.last ?? 0,
                seed: setup.race.seeds[0])
            let steps = try store.steps(of: trials[heat.identity(setup.candidates)] ?? "")
            return .init(
                name: setup.candidates[final.candidate].name,
                confusion: matrix.counts.map { Array($0.dropLast()) },
                calibration: calibration,
                losses: steps.map { .init(step: $0.step, loss: $0.loss, dev: $0.dev) })
        }
    }

    private static let hardRows = 20

    /// The rows that the fewest finals have right; of equals those whose right label is least probable.
    private func hardest(_ finals: [FinalScores], _ test: Dataset) -> [ComparisonReport.HardRow] {
        let runs = finals.flatMap(\.answers)
        let rows = test.examples.indices.map { row -> ComparisonReport.HardRow in
            let (example, answers) = (test.examples[row], runs.map { $0[row] })
            let place = example.label.flatMap { experiment.task.verbalizer.labels.firstIndex(of: $0) }
            let shares = answers.map { answer in place.map { Double(answer.probabilities[$0]) } ?? 0 }
            let counts = Dictionary(grouping: answers.map(\.label)) { $0 }.mapValues(\.count)
            let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
            let text = experiment.task.template.fieldNames.compactMap { example.fields[$0] }.joined(
                separator: " | ")
            return .init(
                row: test.rowName(row), text: String(text.prefix(300)), expected: example.label ?? "",
                right: answers.count { $0.label == example.label }, of: answers.count, answer: most,
                probability: shares.reduce(0, +) / Double(max(1, shares.count)))
        }
        let wrong = rows.filter { $0.right < $0.of }
        return Array(
            wrong.sorted { ($0.right, $0.probability) < ($1.right, $1.probability) }.prefix(Self.hardRows))
    }

    /// What the checks of the data say, with the split of the first seed.
    private func findings(_ setup: Setup, _ test: Dataset) throws -> [String] {
        let most = experiment.shots.last ?? 0
        let splits: [(name: String, dataset: Dataset)] =
            try most > 0
            ? {
                let split = try FewShotSplit(setup.pool, perLabel: most, seed: experiment.seeds[0])
                return [("train", split.train), ("dev", split.dev)]
            }() : []
        let (tokenizer, template) = (pretrained.tokenizer, experiment.task.template)
        let words = Dictionary(
            experiment.task.verbalizer.entries.map { ($0.label, $0.words) },
            uniquingKeysWith: { first, _ in first })
        let checked = DataReport(
            splits, test: setup.test,
            options: DataReport.Options(
                fields: template.fieldNames, template: template.source, words: words,
                tokenCount: { example in
                    template.fieldNames.reduce(0) { $0 + tokenizer.encode(example.fields[$1] ?? "").count }
                }, tokenLimit: experiment.limit))
        return checked.summaries.map(\.description) + checked.findings.map(\.description)
    }
}

extension Heat {
    /// Rehearsals before finals, then by rows, seed and candidate.
    fileprivate var order: (Int, Double, Int, UInt64, Int) {
        (isFinal ? 1 : 0, share, -shots, seed, candidate)
    }
}

extension HeatResult {
    /// Whether it came to its end.
    var isFinished: Bool { outcome == .finished }
}

/// The candidates' lines of a report.
private struct Lines {
    let setup: Comparison.Setup
    let standing: Race.Standing
    let results: [HeatResult]
    let compared: FinalComparison

    /// The finalists by simplicity, then the others by how far they came and their dev score.
    var all: [ComparisonReport.Line] {
        let finalists = compared.finals.indices.map(finalist)
        let shown = Set(compared.finals.map(\.candidate))
        let others = setup.candidates.indices.filter { !shown.contains($0) }.map(other)
        return finalists + others
    }

    private func finalist(_ index: Int) -> ComparisonReport.Line {
        let final = compared.finals[index]
        let own = results.filter {
            $0.heat.candidate == final.candidate && $0.heat.isFinal && $0.isFinished
                && $0.heat.shots == setup.race.shots.last
        }
        var line = line(final.candidate, .finalist)
        line.dev = own.compactMap(\.dev).mean
        line.value = final.scores.value
        line.values = final.scores.runs.map(\.value)
        line.interval = final.scores.interval()
        line.difference = compared.differences[index]
        line.probability = compared.probabilities[index]
        line.verdict = compared.verdict(index)
        line.trainingSeconds = own.map(\.learningSeconds).median
        line.bytes = own.compactMap(\.bytes).first
        line.millisecondsARequest = own.compactMap(\.millisecondsARequest).first
        line.peakBytes = own.map(\.peakBytes).max()
        line.trainedParameters = own.first?.trainedParameters ?? 0
        line.rate = own.first?.rate
        line.shortenedRows = own.first?.shortenedRows ?? 0
        line.tokensCut = own.first?.tokensCut ?? 0
        line.template = own.first?.template
        line.prompt = own.compactMap(\.prompt).first
        for warning in own.flatMap(\.warnings) where !line.warnings.contains(warning) {
            line.warnings.append(warning)
        }
        return line
    }

    private func other(_ candidate: Int) -> ComparisonReport.Line {
        let own = results.filter { $0.heat.candidate == candidate }
        guard let last = own.last else {
            return line(candidate, .untried, "the budget was spent before it")
        }
        let standing: ComparisonReport.Line.Standing =
            switch last.outcome {
            case .finished: .rehearsed
            case .tooSlow: .tooSlow
            case .failed: .failed
            }
        var line = line(
            candidate, standing, last.reason ?? "others were better on dev, or the budget was spent")
        line.dev = last.dev
        line.rate = last.rate
        line.template = last.template
        line.warnings = last.warnings
        return line
    }

    private func line(
        _ candidate: Int, _ standing: ComparisonReport.Line.Standing, _ reason: String? = nil
    ) -> ComparisonReport.Line {
        .init(
            way: setup.candidates[candidate].way, name: setup.candidates[candidate].name, standing: standing,
            reason: reason, values: [], trainedParameters: 0, length: setup.candidates[candidate].length,
            layers: setup.candidates[candidate].layers, shortenedRows: 0, tokensCut: 0, warnings: [])
    }
}

extension [Double] {
    var mean: Double? { isEmpty ? nil : reduce(0, +) / Double(count) }
    var median: Double? { isEmpty ? nil : sorted()[count / 2] }
}
