/// A comparison's report as one HTML file: no network, no script, light and dark, for phones and for paper.
package struct ComparisonPage {
    private let report: ComparisonReport
    private let cells: ComparisonCells

    package init(_ report: ComparisonReport) {
        self.report = report
        cells = ComparisonCells(report: report)
    }

    /// The document.
    package var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>\(report.name.escapedForMarkup): which way of prompting</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <main>
        <h1>\(report.name.escapedForMarkup)</h1>
        <p>\(cells.heading.escapedForMarkup)</p>
        <section class="choice"><h2>Recommended: \(report.recommendation.name.escapedForMarkup)</h2>
        <p>\(report.recommendation.sentence.escapedForMarkup)</p></section>
        \(sections.joined(separator: "\n"))
        </main>
        </body>
        </html>

        """
    }

    private var sections: [String] {
        let figures = ComparisonFigures(report).all
        func pictures(_ prefix: String) -> [ComparisonFigures.Figure] {
            figures.filter { $0.name.hasPrefix(prefix) }
        }
        return [
            section(
                "Results",
                Self.table(cells.head, cells.finalists) + list(cells.notes) + draw(pictures("results"))),
            section("Learning curves", draw(pictures("shots") + pictures("lengths") + pictures("learning"))),
            section("Can the confidence be trusted?", draw(pictures("reliability"))),
            section("What is taken for what", confusions),
            section("Hardest rows", hardest),
            section("Truncation and tokens", truncation),
            section("The data", list(report.findings)),
            section(
                "Not run in full",
                cells.others.isEmpty ? "" : Self.table(ComparisonCells.othersHead, cells.others)),
            section("Rehearsals", rehearsals),
            section("Texts", texts),
            section(
                "Warnings", list(report.lines.flatMap { line in line.warnings.map { "\(line.name): \($0)" } })
            ),
            section(
                "The experiment", "<pre>\(report.experiment.escapedInLines)</pre><p>Run \(report.run).</p>"),
        ]
    }

    private func section(_ title: String, _ content: String) -> String {
        content.isEmpty ? "" : "<section><h2>\(title)</h2>\n\(content)</section>"
    }

    private func list(_ items: [String]) -> String {
        items.isEmpty ? "" : "<ul>" + items.map { "<li>\($0.escapedForMarkup)</li>" }.joined() + "</ul>\n"
    }

    private func draw(_ figures: [ComparisonFigures.Figure]) -> String {
        guard !figures.isEmpty else { return "" }
        let drawn = figures.map {
            "<figure>\($0.drawing.inline)<figcaption>\($0.caption.escapedForMarkup)</figcaption></figure>"
        }
        return "<div class=\"figures\">" + drawn.joined(separator: "\n") + "</div>\n"
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let top = head.map { "<th scope=\"col\">\($0.escapedForMarkup)</th>" }.joined()
        let body = rows.map { row in
            let first = "<th scope=\"row\">\((row.first ?? "").escapedForMarkup)</th>"
            return "<tr>" + first + row.dropFirst().map { "<td>\($0.escapedForMarkup)</td>" }.joined()
                + "</tr>"
        }
        return
            "<div class=\"wide\"><table><thead><tr>\(top)</tr></thead><tbody>\n\(body.joined(separator: "\n"))\n</tbody></table></div>\n"
    }

    // MARK: Sections

    /// A table a finalist, darker where more rows lie.
    private var confusions: String {
        let tables = report.details.map { detail -> String in
            let most = Double(max(1, detail.confusion.joined().max() ?? 1))
            let head = report.labels.map { "<th scope=\"col\">\($0.escapedForMarkup)</th>" }.joined()
            let rows = zip(report.labels, detail.confusion).map { label, counts in
                let found = counts.map { count in
                    "<td style=\"background:rgba(0,114,178,\((0.75 * Double(count) / most).rounded(2)))\">\(count)</td>"
                }
                return "<tr><th scope=\"row\">\(label.escapedForMarkup)</th>" + found.joined() + "</tr>"
            }
            return
                "<figure><div class=\"wide\"><table class=\"matrix\"><thead><tr><th>right \\ answered</th>\(head)</tr></thead><tbody>"
                + "\(rows.joined(separator: "\n"))</tbody></table></div><figcaption>\(detail.name.escapedForMarkup), first seed"
                + "</figcaption></figure>"
        }
        return "<div class=\"figures\">" + tables.joined(separator: "\n") + "</div>\n"
    }

    private var hardest: String {
        guard !report.hardest.isEmpty else { return "" }
        let showsTexts = report.hardest.contains { !$0.text.isEmpty }
        let rows = report.hardest.map { row in
            (showsTexts ? [row.text] : []) + [
                row.expected, row.answer, "\(row.right) of \(row.of)", row.probability.rounded(3), row.row,
            ]
        }
        return "<p>Rows that the fewest finals answer rightly: hard, or labelled wrongly.</p>"
            + Self.table(
                (showsTexts ? ["text"] : []) + [
                    "right", "mostly answered", "finals right", "probability of right", "row",
                ], rows)
    }

    private var truncation: String {
        let rows = report.finalists.map { line in
            [line.name, "\(line.shortenedRows) of \(report.testRows)", "\(line.tokensCut)"]
        }
        return Self.table(["method", "test rows shortened", "tokens cut"], rows)
            + "<p>The label words, as the model reads them:</p><pre>\(report.words.escapedInLines)</pre>"
    }

    private var rehearsals: String {
        guard !report.rehearsals.isEmpty else { return "" }
        let rows = report.rehearsals.map { rehearsal in
            [
                rehearsal.name, rehearsal.share < 1 ? "\(Int((rehearsal.share * 100).rounded())) %" : "all",
                rehearsal.dev?.rounded(3) ?? "–", TimeText.written(rehearsal.seconds),
            ]
        }
        return "<details><summary>\(rows.count) rehearsals on dev rows</summary>"
            + Self.table(["method", "steps", "dev", "took"], rows) + "</details>"
    }

    private var texts: String {
        let rows = report.lines.compactMap { line in line.template.map { [line.name, $0] } }
        return rows.isEmpty ? "" : Self.table(["method", "template"], rows)
    }

    // MARK: Style

    private static let style = """
        :root{--ink:#1c1c1e;--paper:#fff;--soft:#f3f4f6;--line:#d4d4d8;--mark:#0072b2}
        @media (prefers-color-scheme:dark){:root{--ink:#e4e4e7;--paper:#161618;--soft:#232327;--line:#3f3f46;--mark:#56b4e9}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:80rem;margin:0 auto;padding:1rem}
        h1{font-size:1.6rem;margin:.5rem 0}
        h2{font-size:1.15rem;margin:0 0 .5rem}
        section{margin:1.75rem 0}
        .choice{background:var(--soft);border-left:4px solid var(--mark);padding:1rem;border-radius:4px}
        .choice p{margin:0}
        .wide{overflow-x:auto}
        table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums}
        th,td{padding:.3rem .45rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
        thead th{white-space:nowrap}
        tbody th{font-weight:600;min-width:9rem}
        .matrix th{min-width:0}
        .matrix td{text-align:right}
        .figures{display:flex;flex-wrap:wrap;gap:1.25rem}
        figure{margin:0;flex:1 1 20rem;max-width:34rem;min-width:0}
        svg{width:100%;height:auto;display:block}
        figcaption{font-size:.8rem;opacity:.85}
        ul{padding-left:1.2rem;font-size:.9rem}
        pre{background:var(--soft);padding:.75rem;overflow-x:auto;font-size:.8rem;border-radius:4px}
        @media print{:root{--ink:#000;--paper:#fff;--soft:#f5f5f5;--line:#bbb}body{font-size:10pt}
        .wide{overflow:visible}table{font-size:7.5pt}th,td{padding:.2rem .3rem}thead th{white-space:normal}
        figure,tr,.choice{break-inside:avoid}details>*{display:block}}
        """
}

extension String {
    /// As ``escapedForMarkup``, its line breaks kept.
    fileprivate var escapedInLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).escapedForMarkup }.joined(
            separator: "\n")
    }
}
