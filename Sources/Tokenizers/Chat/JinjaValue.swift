/// A value of a template while it runs: Python's, as far as chat templates need them.
enum JinjaValue {
    /// What is not there, with the words that were asked for.
    case undefined(String)
    case nothing
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JinjaValue])
    case tuple([JinjaValue])
    case mapping([(key: JinjaValue, value: JinjaValue)])
    case namespace(JinjaNamespace)
    case loop(JinjaLoopState)
    case macro(JinjaMacro, JinjaScope)
    case function(String)
    indirect case method(of: JinjaValue, String)

    var isTrue: Bool {
        switch self {
        case .undefined, .nothing: false
        case .bool(let truth): truth
        case .integer(let number): number != 0
        case .number(let number): number != 0
        case .text(let text): !text.isEmpty
        case .list(let elements), .tuple(let elements): !elements.isEmpty
        case .mapping(let members): !members.isEmpty
        case .namespace, .loop, .macro, .function, .method: true
        }
    }

    /// What a message calls it.
    var kind: String {
        switch self {
        case .undefined(let words): "the undefined \(words)"
        case .nothing: "none"
        case .bool: "a truth value"
        case .integer, .number: "a number"
        case .text: "a text"
        case .list, .tuple: "a list"
        case .mapping: "a mapping"
        case .namespace: "a namespace"
        case .loop: "the loop"
        case .macro: "a macro"
        case .function, .method: "a function"
        }
    }

    /// The elements that a loop goes through; nil where there are none to go through.
    var elements: [JinjaValue]? {
        switch self {
        case .undefined: []
        case .text(let text): text.unicodeScalars.map { .text(String(Character($0))) }
        case .list(let elements), .tuple(let elements): elements
        case .mapping(let members): members.map(\.key)
        default: nil
        }
    }

    /// The value of a mapping's key.
    func member(_ key: JinjaValue) -> JinjaValue? {
        guard case .mapping(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    /// A mapping with one key for each value, the last one where a key is given twice, in the place of the first.
    static func mapping(unique pairs: [(key: JinjaValue, value: JinjaValue)]) -> JinjaValue {
        var result: [(key: JinjaValue, value: JinjaValue)] = []
        for pair in pairs {
            if let index = result.firstIndex(where: { $0.key == pair.key }) {
                result[index].value = pair.value
            } else {
                result.append(pair)
            }
        }
        return .mapping(result)
    }
}

extension JinjaValue: Equatable {
    /// Python's `==`: numbers of all kinds compare, texts by their characters' codes.
    static func == (left: JinjaValue, right: JinjaValue) -> Bool {
        if let (first, second) = numbers(left, right) { return first == second }
        return switch (left, right) {
        case (.undefined, .undefined), (.nothing, .nothing): true
        case (.text(let first), .text(let second)): first.utf8.elementsEqual(second.utf8)
        case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)): first == second
        case (.mapping(let first), .mapping):
            first.count == right.elements?.count && first.allSatisfy { right.member($0.key) == $0.value }
        case (.namespace(let first), .namespace(let second)): first === second
        case (.function(let first), .function(let second)): first == second
        default: false
        }
    }

    /// Both as numbers, where both are.
    static func numbers(_ left: JinjaValue, _ right: JinjaValue) -> (Double, Double)? {
        guard let first = left.asNumber, let second = right.asNumber else { return nil }
        return (first, second)
    }

    var asNumber: Double? {
        switch self {
        case .bool(let truth): truth ? 1 : 0
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// A whole number, a truth value being one as in Python.
    var asInteger: Int? {
        switch self {
        case .bool(let truth): truth ? 1 : 0
        case .integer(let number): number
        default: nil
        }
    }

    /// Whether it comes before another; nil where Python refuses to compare them.
    func precedes(_ other: JinjaValue) -> Bool? {
        if let (first, second) = Self.numbers(self, other) { return first < second }
        switch (self, other) {
        case (.text(let first), .text(let second)):
            return first.unicodeScalars.lexicographicallyPrecedes(second.unicodeScalars)
        case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
            for (one, two) in zip(first, second) where one != two { return one.precedes(two) }
            return first.count < second.count
        default:
            return nil
        }
    }
}

/// Members that a template may set, also from within a loop.
final class JinjaNamespace {
    var members: [String: JinjaValue]

    init(_ members: [String: JinjaValue]) { self.members = members }
}

/// What `loop` knows within a loop.
final class JinjaLoopState {
    let elements: [JinjaValue]
    var index = 0

    init(_ elements: [JinjaValue]) { self.elements = elements }

    /// The value of `loop.name`; nil where there is none.
    func member(_ name: String) -> JinjaValue? {
        switch name {
        case "index": .integer(index + 1)
        case "index0": .integer(index)
        case "revindex": .integer(elements.count - index)
        case "revindex0": .integer(elements.count - index - 1)
        case "first": .bool(index == 0)
        case "last": .bool(index == elements.count - 1)
        case "length": .integer(elements.count)
        case "previtem": index > 0 ? elements[index - 1] : .undefined("loop.previtem")
        case "nextitem": index + 1 < elements.count ? elements[index + 1] : .undefined("loop.nextitem")
        default: nil
        }
    }
}

/// Names and their values; what is not here is looked for further out.
final class JinjaScope {
    var values: [String: JinjaValue]
    private let outer: JinjaScope?

    init(_ values: [String: JinjaValue] = [:], within outer: JinjaScope? = nil) {
        self.values = values
        self.outer = outer
    }

    func value(_ name: String) -> JinjaValue? { values[name] ?? outer?.value(name) }
}
