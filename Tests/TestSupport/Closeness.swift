package import Tensors
package import Testing

/// Fails unless `|actual - expected| <= absolute + relative * |expected|` at every element.
///
/// Equal infinities and two NaN agree. The issue names the first offending index and the worst error.
package func expectClose(
    _ actual: [Float], _ expected: [Float], absolute: Double = 1e-5, relative: Double = 1e-5,
    _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard let fault = difference(actual, expected, absolute: absolute, relative: relative) else { return }
    Issue.record(
        Comment(rawValue: what.isEmpty ? fault : "\(what): \(fault)"), sourceLocation: sourceLocation)
}

/// Fails unless the elements are close, element by element; shapes must have equally many.
package func expectClose(
    _ actual: Tensor, _ expected: [Float], absolute: Double = 1e-5, relative: Double = 1e-5,
    _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose(
        actual.floats, expected, absolute: absolute, relative: relative, what, sourceLocation: sourceLocation)
}

/// Fails unless shapes are equal and elements close.
package func expectClose(
    _ actual: Tensor, _ expected: Tensor, absolute: Double = 1e-5, relative: Double = 1e-5,
    _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.shape == expected.shape else {
        Issue.record(
            "\(what): the shape is \(actual.shape), not \(expected.shape)", sourceLocation: sourceLocation)
        return
    }
    expectClose(
        actual.floats, expected.floats, absolute: absolute, relative: relative, what,
        sourceLocation: sourceLocation)
}

/// What is wrong with `actual`, in one sentence, or nil.
package func difference(_ actual: [Float], _ expected: [Float], absolute: Double, relative: Double) -> String?
{
    guard actual.count == expected.count else {
        return "\(actual.count) elements instead of \(expected.count)"
    }
    var (first, worst, count, worstError) = (-1, -1, 0, -1.0)
    for index in actual.indices {
        let (a, b) = (actual[index], expected[index])
        if a == b || (a.isNaN && b.isNaN) { continue }
        let error = abs(Double(a) - Double(b))
        if error <= absolute + relative * abs(Double(b)) && b.isFinite { continue }
        if first < 0 { first = index }
        count += 1
        // NaN is worse than any number.
        if !(error <= worstError) && !worstError.isNaN { (worst, worstError) = (index, error) }
    }
    guard first >= 0 else { return nil }
    return """
        \(count) of \(actual.count) elements differ; the first is [\(first)]: \(actual[first]) instead of \
        \(expected[first]); the worst is [\(worst)]: \(actual[worst]) instead of \(expected[worst]), off by \
        \(worstError)
        """
}
