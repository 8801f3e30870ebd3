import ArgumentParser
import Datasets
import Experiments
import Foundation
import Prompts
import Training

/// Label words alone, searched or made of lists; or templates for them.
extension Search {
    func runWords(_ console: Console) throws {
        let plan = try wordPlan()
        try PromptFolder(plan.output).checkWritable(replacing: force)
        let store = try runs.open(console)
        let pretrained = try model.load(console)
        let recorder = try runs.begin(
            "search", plan.task.name, settings: plan.settings, in: store, pretrained,
            data: [plan.task.pool, plan.task.test, plan.unlabelled].compactMap(\.self))
        let interrupt = Interrupt(console)
        interrupt.listen()
        console.begin(words.generateTemplates ? "writing templates" : "looking for words", total: nil)
        let report = try console.record(in: recorder, ifStopped: "nothing was kept") {
            try WordRun(plan, pretrained, stop: interrupt.stop).run()
        }
        recorder?.add(artifact: "prompt", at: plan.output)
        recorder?.finish(console, metric: report.metric, value: report.rows.last?.value, report: report)
        if general.json {
            return try Stream.output.print(
                json: WordDocument(report: report, words: WordList.text(report.verbalizer)), of: "search")
        }
        try Stream.output.print(report.text)
    }

    private func wordPlan() throws -> WordPlan {
        let source = try task.source()
        guard !source.template.hasSoftRows else {
            throw UsageError("label words are searched behind a template of words; leave its soft slots away")
        }
        var plan = WordPlan(
            task: source, source: try wordSource(source), output: URL(fileURLWithPath: output))
        (plan.perLabel, plan.devPerLabel) = (draw.perLabel, draw.devPerLabel)
        plan.seed = draw.seed
        plan.limit = task.question.limit
        plan.testLimit = draw.testRows
        plan.isReplacing = force
        plan.unlabelled = words.unlabelled.map { URL(fileURLWithPath: $0) }
        if let file = words.unlabelled { try InputFile(file).check() }
        if words.learnWeights {
            var learning = LearningSettings()
            learning.seed = draw.seed
            plan.weights = learning
        }
        return plan
    }

    private func wordSource(_ source: TaskSource) throws -> WordPlan.Source {
        if let file = words.refineWords {
            return .refine(try WordFile.lists(file, labels: source.verbalizer.labels), words.refinement)
        }
        if words.generateTemplates { return .templates(words.generation(search.filter, seed: draw.seed)) }
        guard let search = words.search(search.filter, seed: draw.seed) else {
            throw UsageError(
                "say how label words are searched: --word-search petal, avs, lm-bff or autoprompt")
        }
        return .search(search)
    }
}

/// What `--json` prints: the report, and the words as `--words` takes them.
private struct WordDocument: Encodable {
    let report: WordReport
    let words: String

    private enum Key: String, CodingKey { case words }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(words, forKey: .words)
    }
}

extension WordReport {
    /// The table, the words, and how to use them.
    fileprivate var text: String {
        var table = Table(["on \(rows.first?.rows ?? 0) test rows", metric, "95 % interval", "a row"])
        for row in rows {
            table.add([
                row.name, Figures.decimal(row.value, 3),
                "\(Figures.decimal(row.interval.low, 3)) to \(Figures.decimal(row.interval.high, 3))",
                row.millisecondsARow == 0 ? "–" : Figures.decimal(row.millisecondsARow, 1) + " ms",
            ])
        }
        return """
            \(table.lines(Terminal(STDOUT_FILENO)))

            Took \(Figures.seconds(seconds)), with \(trainRows) labelled rows to learn from, \(devRows) to choose by and \
            \(unlabelledRows) without labels (\(Figures.probability(probabilityOfChance)) if nothing but chance were at \
            work).
            \(stepLines)\(templateLines)
            words     --words \(WordList.text(verbalizer).shellQuoted)
            saved in  \(output)\(warnings.map { "\nwarning: " + $0 }.joined())
            """
    }

    /// The best templates, with the dev rows' verdict.
    private var templateLines: String {
        guard !templates.isEmpty else { return "" }
        let isTuned = templates.contains { $0.tunedDev != nil }
        var table = Table(
            ["generated template", "dev"] + (isTuned ? ["dev, tuned"] : []) + ["nats a token"])
        for candidate in templates.prefix(5) {
            func decimal(_ score: Double?) -> String { score.map { Figures.decimal($0, 3) } ?? "–" }
            table.add(
                [candidate.template.printed.quoted, decimal(candidate.dev)]
                    + (isTuned ? [decimal(candidate.tunedDev)] : []) + [
                        Figures.decimal(
                            candidate.logLikelihood / Double(max(1, candidate.tokens * trainRows)), 2)
                    ])
        }
        return "\n" + table.lines(Terminal(STDOUT_FILENO))
            + "\n\ntemplate  --template \(template.shellQuoted)"
    }

    /// How many words each label had after each step of a refinement.
    private var stepLines: String {
        guard !steps.isEmpty else { return "" }
        var table = Table(["words"] + verbalizer.labels)
        for step in steps { table.add([step.name] + step.counts.map(String.init)) }
        return "\n" + table.lines(Terminal(STDOUT_FILENO)) + "\n"
    }
}
