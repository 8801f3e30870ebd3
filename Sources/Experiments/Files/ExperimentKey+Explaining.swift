internal import Datasets

extension ExperimentKey {
    /// What `cloze explain` prints: one key, all keys below a name, or all there are.
    ///
    /// - Parameter name: a path (`data.limit`), the beginning of one (`methods.lora`), or its last word (`rank`).
    /// - Throws: ``ExperimentError/unknownKey(_:place:nearest:)``.
    public static func explain(_ name: String?) throws(ExperimentError) -> [ExperimentKey] {
        guard let name else { return all }
        if let key = of(name) { return [key] }
        let below = all.filter { $0.path.hasPrefix(name + ".") }
        if !below.isEmpty { return below }
        if WayOfPrompting.allCases.contains(where: { $0.rawValue == name || "methods.\($0.rawValue)" == name }
        ) {
            return all.filter { $0.path.hasPrefix("methods.\(name).") || $0.path.hasPrefix("method.") }
        }
        let named = all.filter { $0.path.hasSuffix(".\(name)") }
        guard named.isEmpty else { return named }
        let words = all.flatMap { $0.path.split(separator: ".").map(String.init) }
        throw .unknownKey(
            name, place: .override("cloze explain"),
            nearest: NearestName.of(name, among: all.map(\.path)) ?? NearestName.of(name, among: words))
    }
}
