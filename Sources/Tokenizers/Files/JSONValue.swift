/// A value inside a JSON document, with the path that error messages name.
struct JSONValue {
    let document: JSONDocument
    let index: Int
    let path: String

    private var node: JSONDocument.Node { document.nodes[index] }
    var kind: JSONDocument.Kind { node.kind }
    var isNull: Bool { kind == .null }

    /// The value of a key; `nil` if there is none, or if it is null.
    ///
    /// - Throws: ``TokenizerError/wrongType(field:expected:)`` if this is not an object.
    func optional(_ key: String) throws(TokenizerError) -> JSONValue? {
        var found: JSONValue?
        let wanted = Array(key.utf8)
        var name: [UInt8] = []
        for (keyNode, valueNode) in try memberNodes() {
            name.removeAll(keepingCapacity: true)
            document.appendText(of: keyNode, to: &name)
            if name == wanted { found = JSONValue(document: document, index: valueNode, path: path(to: key)) }
        }
        return found.flatMap { $0.isNull ? nil : $0 }
    }

    /// The value of a key.
    ///
    /// - Throws: ``TokenizerError/missing(field:)``, ``TokenizerError/wrongType(field:expected:)``.
    func required(_ key: String) throws(TokenizerError) -> JSONValue {
        guard let value = try optional(key) else { throw .missing(field: path(to: key)) }
        return value
    }

    private func path(to key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The node numbers of the keys and values of an object, in the file's order.
    func memberNodes() throws(TokenizerError) -> [(key: Int, value: Int)] {
        guard kind == .object else { throw wrongType("an object") }
        var members: [(key: Int, value: Int)] = []
        var child = index + 1
        while child < Int(node.next) {
            members.append((child, child + 1))
            child = Int(document.nodes[child + 1].next)
        }
        return members
    }

    /// The members of an object; for large ones use ``memberNodes()``.
    func members() throws(TokenizerError) -> [(key: String, value: JSONValue)] {
        var result: [(key: String, value: JSONValue)] = []
        for (keyNode, valueNode) in try memberNodes() {
            var name: [UInt8] = []
            document.appendText(of: keyNode, to: &name)
            let key = String(decoding: name, as: UTF8.self)
            result.append((key, JSONValue(document: document, index: valueNode, path: path(to: key))))
        }
        return result
    }

    /// The node numbers of an array's elements.
    func elementNodes() throws(TokenizerError) -> [Int] {
        guard kind == .array else { throw wrongType("a list") }
        var elements: [Int] = []
        var child = index + 1
        while child < Int(node.next) {
            elements.append(child)
            child = Int(document.nodes[child].next)
        }
        return elements
    }

    /// The elements of an array; for large ones use ``elementNodes()``.
    func elements() throws(TokenizerError) -> [JSONValue] {
        try elementNodes().enumerated().map { (position, node) in
            JSONValue(document: document, index: node, path: "\(path)[\(position)]")
        }
    }

    /// The UTF-8 of a text.
    func bytes() throws(TokenizerError) -> [UInt8] {
        guard kind == .text || kind == .escapedText else { throw wrongType("a text") }
        var result: [UInt8] = []
        document.appendText(of: index, to: &result)
        return result
    }

    func text() throws(TokenizerError) -> String { String(decoding: try bytes(), as: UTF8.self) }

    func flag() throws(TokenizerError) -> Bool {
        guard kind == .yes || kind == .no else { throw wrongType("true or false") }
        return kind == .yes
    }

    func number() throws(TokenizerError) -> Double {
        guard kind == .number, let value = Double(source) else { throw wrongType("a number") }
        return value
    }

    func integer() throws(TokenizerError) -> Int {
        guard kind == .number, let value = Int(source) else { throw wrongType("a whole number") }
        return value
    }

    private var source: String {
        String(decoding: document.bytes[Int(node.start)..<Int(node.end)], as: UTF8.self)
    }

    func wrongType(_ expected: String) -> TokenizerError { .wrongType(field: path, expected: expected) }
}

extension JSONValue {
    /// A flag that may be absent.
    func flag(_ key: String, default value: Bool) throws(TokenizerError) -> Bool {
        try optional(key)?.flag() ?? value
    }

    /// A text that may be absent.
    func optionalText(_ key: String) throws(TokenizerError) -> String? {
        try optional(key)?.text()
    }

    /// The name of a stage's kind.
    func kindName() throws(TokenizerError) -> String { try required("type").text() }
}
