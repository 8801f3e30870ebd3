internal import Datasets
public import Foundation

/// The settings of an experiment, each checked against ``ExperimentKey/all``, defaults not filled in.
public struct ExperimentSettings: Sendable {
    /// Values by path.
    private var values: [String: SettingValue] = [:]
    private var places: [String: SettingPlace] = [:]
    /// The methods that are named, in their order; empty for all.
    private(set) var methods: [WayOfPrompting] = []

    /// How many bytes a file may have.
    public static let sizeLimit = 1 << 16

    /// Reads a file, if there is one, and lays overrides over it.
    ///
    /// - Parameters:
    ///   - file: a YAML or JSON file; nil for none.
    ///   - overrides: texts such as `method.steps=50`; the value is written as in YAML.
    /// - Throws: ``ExperimentError``, which names the line or the override.
    public init(contentsOf file: URL?, overrides: [String] = []) throws(ExperimentError) {
        var tree = SettingTree(.empty, .override("the command line"))
        if let file {
            let name = file.relativePath
            guard let data = try? Data(contentsOf: file) else { throw .missingExperiment(name) }
            guard data.count <= Self.sizeLimit, let text = String(validating: data, as: UTF8.self) else {
                throw .badFile(
                    place: .line(file: name, 1),
                    reason: "it is no text of at most \(Self.sizeLimit / 1024) KiB")
            }
            tree = try SettingTree(text) { .line(file: name, $0) }
        }
        // Paths of overrides begin where the user stands, those of a file at the file's folder.
        try read(tree, Source(folder: file?.deletingLastPathComponent()))
        for override in overrides {
            let depth = override.prefix { $0 != "=" }.split(separator: ".").count
            try read(Self.tree(override), Source(folder: nil, choosesMethods: depth <= 2))
        }
    }

    /// What settings come from.
    private struct Source {
        /// Where relative paths begin; nil for where the user stands.
        var folder: URL?
        /// Whether a method that is named is one that is to be run: so it is in a file, but an override of one of its
        /// settings leaves the choice as it was.
        var choosesMethods = true
    }

    /// Reads what ``printed`` has written.
    init(printed: String) throws(ExperimentError) {
        try read(SettingTree(printed) { .line(file: "the recorded experiment", $0) }, Source(folder: nil))
    }

    private static func tree(_ override: String) throws(ExperimentError) -> SettingTree {
        let place = SettingPlace.override("--set \(override)")
        guard let sign = override.firstIndex(of: "="), sign != override.startIndex else {
            throw .badFile(place: place, reason: "write KEY=VALUE, such as method.steps=50")
        }
        let path = override[..<sign].split(separator: ".").map(String.init)
        var tree = SettingTree(.empty, place)
        tree.set(
            path[...], to: try SettingTree(String(override[override.index(after: sign)...])) { _ in place })
        return tree
    }

    private mutating func read(_ tree: SettingTree, _ source: Source) throws(ExperimentError) {
        switch tree.content {
        case .empty: return
        case .mapping: try read(tree, below: "", source)
        case .text, .list:
            throw .badFile(place: tree.place, reason: "write keys with values, such as model: PATH")
        }
    }

    private mutating func read(
        _ tree: SettingTree, below path: String, _ source: Source
    ) throws(ExperimentError) {
        let known = ExperimentKey.names(below: path)
        for entry in tree.entries {
            let full = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            guard known.contains(entry.key) else {
                throw .unknownKey(full, place: entry.place, nearest: NearestName.of(entry.key, among: known))
            }
            if let key = ExperimentKey.of(full) {
                try set(key, entry, source)
            } else {
                try group(full, entry, source)
            }
        }
    }

    private mutating func group(
        _ path: String, _ entry: SettingTree.Entry, _ source: Source
    ) throws(ExperimentError) {
        if path == "methods", source.choosesMethods { methods = [] }
        if path.hasPrefix("methods."), let way = WayOfPrompting(rawValue: entry.key), !methods.contains(way) {
            if source.choosesMethods || !methods.isEmpty { methods.append(way) }
        }
        switch entry.value.content {
        case .text(let text) where path != "methods":
            throw .badFile(place: entry.place, reason: "'\(path)' holds keys, not '\(text)'")
        case .text(let text):
            // `methods: zero-shot`, or with commas, as a command line has it.
            let names = text.split(separator: ",").map { name in
                SettingTree(.text(name.trimmingCharacters(in: .whitespaces)), entry.place)
            }
            try read(SettingTree(.list(names), entry.place), below: path, source)
        case .empty, .list, .mapping: try read(entry.value, below: path, source)
        }
    }

    private mutating func set(
        _ key: ExperimentKey, _ entry: SettingTree.Entry, _ source: Source
    ) throws(ExperimentError) {
        if case .empty = entry.value.content {
            values[key.path] = nil
            return
        }
        guard var value = key.kind.read(entry.value) else {
            throw .badValue(
                key.path, value: entry.value.printed, allowed: key.kind.description, place: entry.value.place)
        }
        if key.kind == .path, case .text(let path) = value {
            value = .text(Self.absolute(path, source.folder))
        }
        values[key.path] = value
        places[key.path] = entry.value.place
    }

    private static func absolute(_ path: String, _ folder: URL?) -> String {
        let expanded = (path as NSString).expandingTildeInPath
        return URL(fileURLWithPath: expanded, relativeTo: folder).standardizedFileURL.path
    }

    // MARK: Values

    /// The text of a key, nil where it is not given.
    func text(_ path: String) -> String? { values[path]?.texts.first }

    /// The texts of a key, nil where it is not given.
    func texts(_ path: String) -> [String]? { values[path]?.texts }

    /// The whole number of a key.
    func integer(_ path: String) -> Int? { text(path).flatMap { Int($0) } }

    /// The numbers of a key.
    func numbers(_ path: String) -> [Double]? { texts(path)?.compactMap { Double($0) } }

    /// The labels with their words.
    var words: [SettingValue.Words]? {
        guard case .words(let words)? = values["data.words"] else { return nil }
        return words
    }

    /// Fills in a value where none is given.
    mutating func fill(_ path: String, _ value: SettingValue?) {
        if values[path] == nil { values[path] = value }
    }

    /// Names the methods where none are named.
    mutating func fill(_ ways: [WayOfPrompting]) { if methods.isEmpty { methods = ways } }

    /// Where a key was set, for messages about what it leads to.
    func place(_ path: String) -> SettingPlace { places[path] ?? .override("'\(path)'") }

    /// The settings of a method by their names, each with its list of values: what all methods share that it has, and
    /// its own over it.
    func grid(_ way: WayOfPrompting) -> [(name: String, values: [String])] {
        let own = ExperimentKey.names(below: "methods.\(way.rawValue)")
        return own.compactMap { name in
            (texts("methods.\(way.rawValue).\(name)") ?? texts("method.\(name)")).map { (name, $0) }
        }
    }

    /// All values as a file that reads back to the same: keys in their order, paths absolute.
    public var printed: String {
        var lines: [String] = []
        func add(_ path: String, _ indent: String) {
            guard let value = values[path] else { return }
            let name = path.split(separator: ".").last ?? ""
            lines.append("\(indent)\(name): \(value.printed)")
        }
        for name in ExperimentKey.names(below: "") {
            if ExperimentKey.of(name) != nil { add(name, "") }
            guard ["data", "race", "method"].contains(name) else { continue }
            let below = ExperimentKey.names(below: name).map { "\(name).\($0)" }.filter { values[$0] != nil }
            if !below.isEmpty { lines.append("\(name):") }
            for path in below { add(path, "  ") }
        }
        if !methods.isEmpty { lines.append("methods:") }
        for way in methods {
            let below = ExperimentKey.names(below: "methods.\(way.rawValue)").map {
                "methods.\(way.rawValue).\($0)"
            }
            let given = below.filter { values[$0] != nil }
            lines.append("  \(way.rawValue):" + (given.isEmpty ? " {}" : ""))
            for path in given { add(path, "    ") }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension ExperimentSettings {
    /// An override that sets a key to a text, whatever signs the text has.
    public static func override(_ path: String, _ text: String) -> String { "\(path)=\(text.quotedAsJSON)" }
}
