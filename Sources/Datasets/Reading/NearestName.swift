/// The name that was probably meant.
package enum NearestName {
    /// The one of `names` closest to `name`, if it is close: the same but for case and white space, or at most a third
    /// of the longer name's letters away (one letter for short names). Of equally close names the first is taken.
    package static func of(_ name: String, among names: [String]) -> String? {
        let wanted = Array(name.trimmed.lowercased())
        let ranked = names.map { name -> (name: String, distance: Int, length: Int) in
            let letters = Array(name.lowercased())
            return (name, distance(wanted, letters), max(wanted.count, letters.count))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        // A name that shares no letter is no neighbour, however short both are.
        return best.distance <= max(1, best.length / 3) && best.distance < max(1, best.length)
            ? best.name : nil
    }

    /// Letters to insert, delete, replace or swap with their neighbour to make one from the other.
    private static func distance(_ first: [Character], _ second: [Character]) -> Int {
        var before = [Int](repeating: 0, count: second.count + 1)
        var previous = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            for column in second.indices {
                let replaced = previous[column] + (first[row] == second[column] ? 0 : 1)
                var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            (before, previous) = (previous, current)
        }
        return previous[second.count]
    }
}
