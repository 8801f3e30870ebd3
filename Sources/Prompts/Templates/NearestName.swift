/// The known name that a mistyped one was most likely meant to be, or nil where none is near.
///
/// Near is an edit distance of at most a third of the longer name, one for short names; letters of either
/// case are equal. Of equally near names the first is taken.
func nearestName(to name: String, among known: [String]) -> String? {
    let wanted = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in known {
        let letters = Array(candidate.lowercased())
        let distance = editDistance(wanted, letters)
        let reach = max(1, max(wanted.count, letters.count) / 3)
        if distance <= reach, distance < best?.distance ?? Int.max {
            best = (candidate, distance)
        }
    }
    return best?.name
}

/// The fewest insertions, deletions, replacements and swaps of neighbours between two words.
///
/// - Complexity: O(`left.count` · `right.count`).
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var before: [Int] = []
    var above = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            let replaced = above[column] + (left[row] == right[column] ? 0 : 1)
            var cost = min(replaced, above[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, before[column - 1] + 1)
            }
            current.append(cost)
        }
        before = above
        above = current
    }
    return above[right.count]
}
