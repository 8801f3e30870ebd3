internal import Datasets

/// The pictures of a comparison's report.
package struct ComparisonFigures {
    private let report: ComparisonReport
    private static let width = 440.0
    private static let (left, right) = (44.0, 12.0)

    package init(_ report: ComparisonReport) { self.report = report }

    /// A picture with its file's name and what is said below it.
    package struct Figure {
        package var name: String
        package var caption: String
        package var drawing: Drawing
    }

    /// All that the report has data for.
    package var all: [Figure] {
        [results, shots, lengths, depths].compactMap(\.self) + losses + reliability
    }

    private func colour(_ name: String) -> String {
        Drawing.colour(report.finalists.firstIndex { $0.name == name } ?? 0)
    }

    // MARK: Results

    /// A line a finalist: its mean, its interval, each seed as a dot.
    private var results: Figure? {
        let lines = report.finalists
        let values = lines.flatMap { [$0.interval?.low, $0.interval?.high, $0.value].compactMap(\.self) }
        guard !values.isEmpty else { return nil }
        let (rowHeight, top) = (36.0, 8.0)
        let bottom = top + rowHeight * Double(lines.count)
        var drawing = Drawing(
            width: Self.width, height: bottom + 40,
            title: "\(report.metric) of each finalist with its 95 % interval")
        let scale = Scale(values + [report.majority], from: 12, to: Self.width - 12)
        axis(&drawing, scale, from: top, to: bottom)
        drawing.line(scale(report.majority), top, scale(report.majority), bottom, opacity: 0.7, dashes: "2 3")
        for (index, line) in lines.enumerated() {
            let y = top + rowHeight * Double(index) + 26
            drawing.text(12, y - 9, line.name)
            if let interval = line.interval {
                drawing.line(
                    scale(interval.low), y, scale(interval.high), y, colour: colour(line.name), width: 3)
            }
            for value in line.values where line.values.count > 1 {
                drawing.circle(scale(value), y, radius: 2.5, colour: colour(line.name), opacity: 0.5)
            }
            let value = line.value ?? 0
            drawing.circle(
                scale(value), y, radius: 5, colour: colour(line.name),
                says: "\(line.name): \(value.rounded(3))")
        }
        drawing.text(
            Self.width / 2, bottom + 34, "\(report.metric) on test; dotted: the most frequent label", .middle,
            size: 11)
        return Figure(
            name: "results",
            caption:
                "Mean over seeds (large dot), each seed (small dots) and the 95 % interval over rows and seeds.",
            drawing: drawing)
    }

    private func axis(_ drawing: inout Drawing, _ scale: Scale, from top: Double, to bottom: Double) {
        for tick in scale.ticks {
            drawing.line(scale(tick), top, scale(tick), bottom, opacity: 0.15)
            drawing.text(scale(tick), bottom + 16, scale.label(tick), .middle, size: 11)
        }
    }

    // MARK: Curves

    /// The metric over the number of rows, a line a method.
    private var shots: Figure? {
        let points = report.points
        let columns = Array(Set(points.map(\.shots))).sorted()
        guard columns.count(where: { $0 > 0 }) > 1 else { return nil }
        let curves = report.finalists.map { line -> Curve in
            let own = points.filter { $0.name == line.name }
            let fixed = !own.isEmpty && own.allSatisfy { $0.shots == 0 }
            let values = columns.enumerated().compactMap { place, shots -> (x: Double, values: [Double])? in
                let found = own.filter { fixed || $0.shots == shots }.map(\.value)
                return found.isEmpty ? nil : (Double(place), found)
            }
            return Curve(name: line.name, points: values, isDashed: fixed)
        }
        return figure(
            "shots", curves, columns.map { "\($0)" }, axis: "rows of each label",
            caption:
                "How much more rows bring: the mean over seeds, and each seed as a dot. Dashed lines need none."
        )
    }

    /// The metric over the length of the prompt, for methods that were run with several.
    private var lengths: Figure? {
        figure(
            "lengths", over: \.length, by: <, label: { "\($0)" }, axis: "rows or examples of the prompt",
            caption: "How much a longer prompt brings.")
    }

    /// The metric over the layers that get keys and values, for methods that were run with several choices.
    private var depths: Figure? {
        figure(
            "depths", over: \.layers, by: { ($0.count, $0[0]) < ($1.count, $1[0]) }, label: \.asRanges,
            isJoined: false, axis: "layers with a prompt, the first is 0",
            caption: "How much a prompt in more layers brings.")
    }

    /// The metric over a setting, a line a method that was run with several values of it.
    private func figure<Value: Hashable>(
        _ name: String, over setting: (ComparisonReport.Line) -> Value?, by order: (Value, Value) -> Bool,
        label: (Value) -> String, isJoined: Bool = true, axis title: String, caption: String
    ) -> Figure? {
        let groups = Dictionary(grouping: report.finalists.filter { setting($0) != nil }) { $0.way }
            .filter { Set($0.value.compactMap(setting)).count > 1 }
        guard !groups.isEmpty else { return nil }
        let columns = Set(groups.values.joined().compactMap(setting)).sorted(by: order)
        let curves = groups.keys.sorted().map { way in
            Curve(
                name: way.rawValue,
                points: columns.enumerated().compactMap { place, value -> (x: Double, values: [Double])? in
                    let values = (groups[way] ?? []).filter { setting($0) == value }.flatMap(\.values)
                    return values.isEmpty ? nil : (Double(place), values)
                }, isJoined: isJoined)
        }
        return figure(name, curves, columns.map(label), axis: title, caption: caption)
    }

    private struct Curve {
        var name: String
        var points: [(x: Double, values: [Double])]
        var isDashed = false
        /// Values without an order between them, such as layers, stand by themselves.
        var isJoined = true
    }

    private func figure(
        _ name: String, _ curves: [Curve], _ columns: [String], axis title: String, caption: String
    ) -> Figure? {
        let values = curves.flatMap { $0.points.flatMap(\.values) }
        guard !values.isEmpty else { return nil }
        let (top, bottom) = (8.0, 220.0)
        var drawing = Drawing(
            width: Self.width, height: bottom + 44 + 16 * Double(curves.count),
            title: "\(report.metric) over \(title)")
        let scale = Scale(values, from: bottom, to: top)
        for tick in scale.ticks {
            drawing.line(Self.left, scale(tick), Self.width - Self.right, scale(tick), opacity: 0.15)
            drawing.text(Self.left - 6, scale(tick) + 4, scale.label(tick), .end, size: 11)
        }
        let gap = (Self.width - Self.left - Self.right - 40) / Double(max(1, columns.count - 1))
        func x(_ place: Double) -> Double { Self.left + 20 + place * gap }
        for (place, column) in columns.enumerated() {
            drawing.text(x(Double(place)), bottom + 16, column, .middle, size: 11)
        }
        drawing.text(Self.width / 2, bottom + 32, "\(report.metric) over \(title)", .middle, size: 11)
        for (index, curve) in curves.enumerated() {
            let colour = Drawing.colour(index)
            if curve.isJoined {
                drawing.path(
                    curve.points.map { (x($0.x), scale($0.values.mean ?? 0)) }, colour: colour,
                    dashes: curve.isDashed ? "5 4" : nil)
            }
            for point in curve.points {
                for value in point.values {
                    drawing.circle(x(point.x), scale(value), radius: 2.5, colour: colour, opacity: 0.5)
                }
                drawing.circle(
                    x(point.x), scale(point.values.mean ?? 0), radius: 4, colour: colour, says: curve.name)
            }
            let y = bottom + 52 + 16 * Double(index)
            drawing.line(Self.left, y - 4, Self.left + 22, y - 4, colour: colour, width: 3)
            drawing.text(Self.left + 30, y, curve.name)
        }
        return Figure(name: name, caption: caption, drawing: drawing)
    }

    // MARK: Learning

    /// The loss and the dev score over the steps, a picture a finalist that learned.
    private var losses: [Figure] {
        report.details.enumerated().compactMap { index, detail in
            let losses = detail.losses.filter { $0.loss != nil }
            guard losses.count > 1 else { return nil }
            let (top, bottom) = (24.0, 160.0)
            var drawing = Drawing(
                width: Self.width, height: bottom + 40, title: "loss of \(detail.name) over steps")
            let x = Scale(losses.map { Double($0.step) } + [0], from: Self.left, to: Self.width - Self.left)
            let y = Scale(losses.compactMap(\.loss) + [0], from: bottom, to: top)
            for tick in y.ticks {
                drawing.line(Self.left, y(tick), Self.width - Self.left, y(tick), opacity: 0.15)
                drawing.text(Self.left - 6, y(tick) + 4, y.label(tick), .end, size: 11)
            }
            for tick in x.ticks { drawing.text(x(tick), bottom + 16, x.label(tick), .middle, size: 11) }
            drawing.path(losses.map { (x(Double($0.step)), y($0.loss ?? 0)) }, colour: colour(detail.name))
            let looks = detail.losses.compactMap { point in point.dev.map { (Double(point.step), $0) } }
            let dev = Scale([0, 1], from: bottom, to: top)
            drawing.path(
                looks.map { (x($0.0), dev(min(1, $0.1))) }, colour: "currentColor", width: 1.5, dashes: "4 3")
            for look in looks {
                drawing.circle(x(look.0), dev(min(1, look.1)), radius: 2.5, colour: "currentColor")
            }
            drawing.text(Self.left - 36, 12, "loss", size: 11, colour: colour(detail.name))
            drawing.text(Self.width - 4, 12, "dev, 0 to 1 (dashed)", .end, size: 11)
            drawing.text(Self.width / 2, bottom + 32, "step", .middle, size: 11)
            return Figure(
                name: "learning-\(index + 1)",
                caption: "\(detail.name): the loss on train and the score on dev, first seed.",
                drawing: drawing)
        }
    }

    // MARK: Reliability

    /// How confidence and accuracy go together, a picture a finalist.
    private var reliability: [Figure] {
        report.details.enumerated().map { index, detail in
            let (side, left, top) = (200.0, Self.left, 8.0)
            let bottom = top + side
            var drawing = Drawing(
                width: left + side + 16, height: bottom + 40, title: "reliability of \(detail.name)")
            let bins = detail.calibration.bins
            let width = side / Double(max(1, bins.count))
            let most = Double(max(1, bins.map(\.count).max() ?? 1))
            for (place, bin) in bins.enumerated() where bin.count > 0 {
                let said =
                    "\(bin.count) rows: confidence \(bin.confidence.rounded(2)), right \(bin.accuracy.rounded(2))"
                drawing.box(
                    left + Double(place) * width + 1, bottom - bin.accuracy * side, width - 2,
                    bin.accuracy * side,
                    colour: colour(detail.name), opacity: 0.35 + 0.65 * Double(bin.count) / most, says: said)
                drawing.circle(
                    left + bin.confidence * side, bottom - bin.accuracy * side, radius: 2.5,
                    colour: "currentColor", says: said)
            }
            drawing.line(left, bottom, left + side, top, opacity: 0.5, dashes: "4 4")
            for edge in [(left, bottom, left + side, bottom), (left, top, left, bottom)] {
                drawing.line(edge.0, edge.1, edge.2, edge.3, opacity: 0.5)
            }
            for tick in [0, 0.5, 1.0] {
                drawing.text(left + tick * side, bottom + 16, tick.rounded(1), .middle, size: 11)
                drawing.text(left - 6, bottom - tick * side + 4, tick.rounded(1), .end, size: 11)
            }
            drawing.text(
                left + side / 2, bottom + 32, "confidence; bars: share of right answers", .middle, size: 11)
            return Figure(
                name: "reliability-\(index + 1)",
                caption: "\(detail.name): expected calibration error \(detail.calibration.error.rounded(3)). "
                    + "Darker bars hold more rows; on the dashed line confidence and accuracy agree.",
                drawing: drawing)
        }
    }
}

extension [Int] {
    /// Ascending numbers as they are written for `layers`: `0-3,7`.
    fileprivate var asRanges: String {
        var runs: [ClosedRange<Int>] = []
        for number in self {
            if let last = runs.last, last.upperBound == number - 1 {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
