/// Says when answers have collapsed to one label: a run that looks finished and has learned nothing.
package struct CollapseWatch {
    private let labels: [String]
    private var collapsed = 0

    /// A watch over answers that are indices of these labels.
    package init(labels: [String]) { self.labels = labels }

    /// A warning at the second look in a row at which every row got one label.
    package mutating func warning(_ predicted: [Int]) -> String? {
        guard labels.count > 1, predicted.count > 1, let first = predicted.first, Set(predicted).count == 1
        else {
            collapsed = 0
            return nil
        }
        collapsed += 1
        guard collapsed == 2 else { return nil }
        return "every dev row is answered '\(labels[first])': the prompt has collapsed to one label; "
            + "try another --rate (a third of it, or three times), more --steps, or other label words"
    }
}
