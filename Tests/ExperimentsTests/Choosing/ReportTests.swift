import Datasets
import Experiments
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ReportTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    /// A comparison of two methods on the tiny model; its labels would break a page that escapes nothing.
    private func report() throws -> ComparisonReport {
        let rows = Workplace.rows("<b>\"&").map {
            (text: $0.text.replacing("\"", with: "\\\""), label: $0.label)
        }
        try place.write("pool.jsonl", rows)
        try place.write("test.jsonl", rows.map { (text: "the last word on " + $0.text, label: $0.label) })
        try place.write(
            "e.yaml",
            """
            name: "<script>alert(1)</script> | a, b"
            model: m
            data: {pool: pool.jsonl, test: test.jsonl, template: "{text} It was {answer}.",
              words: {negative: terrible, positive: great}}
            shots: [2, 4]
            seeds: 0..1
            methods: {zero-shot: , prompt-tuning: {soft-rows: [2, 4], steps: 4}}
            """)
        let experiment = try Experiment(ExperimentSettings(contentsOf: place.file("e.yaml")))
        let plan = ComparisonPlan(experiment, work: place.file("work"), command: ["run"], version: "0")
        return try Comparison(plan, place.model, RunStore.temporary()).run()
    }

    @Test func `the page has every part, no network, and nothing of the data as markup`() throws {
        let report = try report()
        let html = ComparisonPage(report).html
        for title in [
            "Results", "Learning curves", "Can the confidence be trusted?", "What is taken for what",
            "Truncation and tokens", "The data", "The experiment",
        ] {
            #expect(html.contains("<h2>\(title)</h2>"), "\(title)")
        }
        #expect(!html.contains("<script") && !html.contains("<b>\""))
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        // The only addresses are names of XML's grammars and an empty icon.
        #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("url("))
        #expect(html.contains("prefers-color-scheme:dark") && html.contains("@media print"))
        for name in report.finalists.map(\.name) { #expect(html.contains(name)) }
    }

    @Test func `every figure is well-formed and says what it shows`() throws {
        let figures = ComparisonFigures(try report()).all
        let names = figures.map(\.name)
        #expect(Set(names).count == names.count)
        for name in ["results", "shots", "lengths", "learning-2", "reliability-1"] {
            #expect(names.contains(name), "\(name)")
        }
        for figure in figures {
            let delegate = Elements()
            let parser = XMLParser(data: Data(figure.drawing.file.utf8))
            parser.delegate = delegate
            #expect(parser.parse(), "\(figure.name): \(parser.parserError.map { "\($0)" } ?? "")")
            #expect(delegate.names.contains("title") && !figure.caption.isEmpty)
            #expect(!figure.drawing.file.contains("nan") && !figure.drawing.file.contains("inf\""))
        }
    }

    @Test func `what was run in several choices of layers has a figure over them`() throws {
        var report = try report()
        #expect(!ComparisonFigures(report).all.map(\.name).contains("depths"))
        let trained = report.lines.indices.suffix(2)
        for (line, layers) in zip(trained, [[1], [0, 1, 2, 5]]) {
            report.lines[line].way = .deepPrompt
            report.lines[line].layers = layers
        }
        let figure = try #require(ComparisonFigures(report).all.first { $0.name == "depths" })
        #expect(figure.drawing.file.contains(">1</text>") && figure.drawing.file.contains(">0-2,5</text>"))
        #expect(figure.drawing.file.contains("deep-prompt"))
        // Choices of layers have no order that a line could follow.
        #expect(!figure.drawing.file.contains("<polyline"))
    }

    @Test func `Markdown and CSV have a row for every candidate`() throws {
        let report = try report()
        let texts = ComparisonTexts(report)
        #expect(texts.csv.split(separator: "\r\n").count == 1 + report.lines.count)
        #expect(texts.markdown.contains("**Recommended:**") && texts.markdown.contains("| zero-shot |"))
        #expect(
            report.lines.map(\.name) == [
                "zero-shot", "prompt-tuning (soft-rows 2)", "prompt-tuning (soft-rows 4)",
            ])
        #expect(report.points.count == 1 + 2 * 2 * 2)
        let again = try JSONDecoder().decode(ComparisonReport.self, from: JSONEncoder().encode(report))
        #expect(ComparisonTexts(again).csv == texts.csv)
    }

    @Test func `what is not shown to be better is not recommended`() throws {
        let report = try report()
        let best = try #require(report.finalists.max { ($0.value ?? 0) < ($1.value ?? 0) })
        let choice = try #require(report.finalists.first { $0.name == report.recommendation.name })
        #expect((choice.value ?? 0) <= (best.value ?? 0))
        #expect(choice.way <= best.way)
        #expect(report.finalists[0].verdict == .reference && report.finalists[0].difference == nil)
        for line in report.finalists.dropFirst() {
            let isShown = (line.probability ?? 1) < 0.05
            #expect((line.verdict == ComparisonReport.Line.Verdict.none) == !isShown)
        }
    }
}

/// Collects the names of elements.
private final class Elements: NSObject, XMLParserDelegate {
    var names: [String] = []

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) { names.append(name) }
}
