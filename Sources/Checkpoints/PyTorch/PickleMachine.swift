/// Runs the few instructions of Python's pickle (protocol 2) that `torch.save` writes for a dictionary of
/// tensors.
///
/// Nothing is ever called: the names that a pickle may "call" are a closed list of three, each of which only
/// describes a tensor or makes an empty dictionary. Everything else is refused by name.
struct PickleMachine {
    private let file: MappedFile
    private let end: Int
    private let start: Int
    private var position: Int
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var lists: [[PickleValue]] = []
    private var tuples: [[PickleValue]] = []
    private var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []

    private static let dictionaryMaker = "collections.OrderedDict"
    private static let tensorMakers: Set = [
        "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor",
    ]
    private static let parameterMaker = "torch._utils._rebuild_parameter"
    private static let storages: [String: SafetensorsType] = [
        "torch.FloatStorage": .f32, "torch.HalfStorage": .f16, "torch.BFloat16Storage": .bf16,
        "torch.DoubleStorage": .f64, "torch.LongStorage": .i64, "torch.IntStorage": .i32,
        "torch.ShortStorage": .i16, "torch.CharStorage": .i8, "torch.ByteStorage": .u8,
        "torch.BoolStorage": .bool,
    ]

    /// A machine for the pickle in a range of a file.
    init(_ file: MappedFile, _ range: Range<Int>) {
        self.file = file
        start = range.lowerBound
        position = start
        end = range.upperBound
    }

    /// The value that the pickle describes; only ``entries(of:)`` can look into it.
    mutating func run() throws(CheckpointError) -> PickleValue {
        while true {
            let instruction: UInt8 = try integer()
            if instruction == UInt8(ascii: ".") { return try pop() }
            try step(instruction)
        }
    }

    /// The members of a dictionary whose keys are texts, in their order; nil for any other value.
    func entries(of value: PickleValue) -> [(key: String, value: PickleValue)]? {
        guard case .dictionary(let number) = value else { return nil }
        return dictionaries[number].compactMap { key, value in
            guard case .string(let key) = key else { return nil }
            return (key, value)
        }
    }

    // MARK: Instructions

    private mutating func step(_ instruction: UInt8) throws(CheckpointError) {
        if try pushConstant(instruction) { return }
        if try pushCollection(instruction) { return }
        if try fillCollection(instruction) { return }
        switch instruction {
        case 0x80: _ = try integer(as: UInt8.self)  // the protocol's number
        case 0x95: _ = try integer(as: UInt64.self)  // the size of a frame
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "q"): memo[Int(try integer(as: UInt8.self))] = try top()
        case UInt8(ascii: "r"): memo[Int(try integer(as: UInt32.self))] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(Int(try integer(as: UInt8.self)))
        case UInt8(ascii: "j"): try recall(Int(try integer(as: UInt32.self)))
        case UInt8(ascii: "c"): stack.append(.global(try allowed("\(try line()).\(try line())")))
        case 0x93: try pushNamedGlobal()
        case UInt8(ascii: "Q"): stack.append(.storage(try storage(try pop())))
        case UInt8(ascii: "R"): try call()
        case UInt8(ascii: "b"): try build()
        default: throw failure("the instruction \(instruction) is none of a plain checkpoint's")
        }
    }

    private mutating func pushConstant(_ instruction: UInt8) throws(CheckpointError) -> Bool {
        switch instruction {
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "J"): stack.append(.integer(Int(try integer(as: Int32.self))))
        case UInt8(ascii: "K"): stack.append(.integer(Int(try integer(as: UInt8.self))))
        case UInt8(ascii: "M"): stack.append(.integer(Int(try integer(as: UInt16.self))))
        case 0x8A: stack.append(try longInteger())
        case UInt8(ascii: "G"):
            stack.append(.number(Double(bitPattern: try integer(as: UInt64.self).byteSwapped)))
        case UInt8(ascii: "X"): stack.append(.string(try text(Int(try integer(as: UInt32.self)))))
        case 0x8C, UInt8(ascii: "U"): stack.append(.string(try text(Int(try integer(as: UInt8.self)))))
        default: return false
        }
        return true
    }

    private mutating func pushCollection(_ instruction: UInt8) throws(CheckpointError) -> Bool {
        switch instruction {
        case UInt8(ascii: "}"): pushDictionary()
        case UInt8(ascii: "]"):
            lists.append([])
            stack.append(.list(lists.count - 1))
        case UInt8(ascii: ")"): pushTuple([])
        case 0x85: pushTuple(try pop(1))
        case 0x86: pushTuple(try pop(2))
        case 0x87: pushTuple(try pop(3))
        case UInt8(ascii: "t"): pushTuple(try popToMark())
        default: return false
        }
        return true
    }

    private mutating func fillCollection(_ instruction: UInt8) throws(CheckpointError) -> Bool {
        switch instruction {
        case UInt8(ascii: "a"): try append(try pop(1))
        case UInt8(ascii: "e"): try append(try popToMark())
        case UInt8(ascii: "s"): try insert(try pop(2))
        case UInt8(ascii: "u"): try insert(try popToMark())
        default: return false
        }
        return true
    }

    private mutating func append(_ values: [PickleValue]) throws(CheckpointError) {
        guard case .list(let number) = try top() else {
            throw failure("something other than a list is appended to")
        }
        lists[number] += values
    }

    private mutating func insert(_ values: [PickleValue]) throws(CheckpointError) {
        guard case .dictionary(let number) = try top(), values.count % 2 == 0 else {
            throw failure("something other than a dictionary is filled")
        }
        for index in stride(from: 0, to: values.count, by: 2) {
            dictionaries[number].append((values[index], values[index + 1]))
        }
    }

    /// Attributes of a dictionary (PyTorch keeps its modules' versions there) are dropped.
    private mutating func build() throws(CheckpointError) {
        _ = try pop()
        guard case .dictionary = try top() else {
            throw failure("something other than a dictionary gets attributes")
        }
    }

    private mutating func pushNamedGlobal() throws(CheckpointError) {
        let names = try pop(2)
        guard case .string(let module) = names[0], case .string(let name) = names[1] else {
            throw failure("a name should stand here")
        }
        stack.append(.global(try allowed("\(module).\(name)")))
    }

    private func allowed(_ name: String) throws(CheckpointError) -> String {
        guard
            name == Self.dictionaryMaker || name == Self.parameterMaker || Self.tensorMakers.contains(name)
                || Self.storages[name] != nil
        else { throw CheckpointError(file.path, .forbiddenPickle(what: name)) }
        return name
    }

    private mutating func call() throws(CheckpointError) {
        let parts = try pop(2)
        guard case .global(let name) = parts[0], case .tuple(let number) = parts[1] else {
            throw failure("something that is no name is called")
        }
        let arguments = tuples[number]
        if name == Self.dictionaryMaker, arguments.isEmpty {
            pushDictionary()
        } else if name == Self.parameterMaker, case .tensor? = arguments.first {
            stack.append(arguments[0])
        } else if Self.tensorMakers.contains(name) {
            stack.append(.tensor(try tensor(arguments)))
        } else {
            throw failure("\(name) is called with what it does not take")
        }
    }

    // MARK: Tensors

    private func tensor(_ arguments: [PickleValue]) throws(CheckpointError) -> PickledTensor {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0],
            case .integer(let offset) = arguments[1], offset >= 0, let shape = naturalNumbers(arguments[2]),
            let strides = naturalNumbers(arguments[3]), shape.count == strides.count
        else { throw failure("a tensor's description is damaged") }
        return PickledTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }

    private func naturalNumbers(_ value: PickleValue) -> [Int]? {
        guard case .tuple(let number) = value else { return nil }
        let numbers = tuples[number].compactMap { value -> Int? in
            guard case .integer(let number) = value, number >= 0 else { return nil }
            return number
        }
        return numbers.count == tuples[number].count ? numbers : nil
    }

    /// `("storage", type, key, device, count)`.
    private func storage(_ identity: PickleValue) throws(CheckpointError) -> PickledStorage {
        guard case .tuple(let number) = identity, tuples[number].count == 5,
            case .string("storage") = tuples[number][0], case .global(let name) = tuples[number][1],
            let type = Self.storages[name], case .string(let key) = tuples[number][2],
            case .integer(let count) = tuples[number][4], count >= 0
        else { throw failure("a storage's description is damaged") }
        return PickledStorage(key: key, type: type, count: count)
    }

    // MARK: Stack and bytes

    private func failure(_ reason: String) -> CheckpointError {
        CheckpointError(file.path, .badPickle(offset: position - start, reason: reason))
    }

    private func top() throws(CheckpointError) -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else {
            throw failure("the stack is empty")
        }
        return value
    }

    private mutating func pop() throws(CheckpointError) -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw failure("the stack is empty") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw failure("no mark was set") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func recall(_ key: Int) throws(CheckpointError) {
        guard let value = memo[key] else { throw failure("nothing was kept under \(key)") }
        stack.append(value)
    }

    private mutating func pushTuple(_ values: [PickleValue]) {
        tuples.append(values)
        stack.append(.tuple(tuples.count - 1))
    }

    private mutating func pushDictionary() {
        dictionaries.append([])
        stack.append(.dictionary(dictionaries.count - 1))
    }

    private mutating func take(_ count: Int) throws(CheckpointError) -> Range<Int> {
        guard count <= end - position else { throw failure("the pickle ends too early") }
        defer { position += count }
        return position..<position + count
    }

    private mutating func integer<Value: FixedWidthInteger>(
        as type: Value.Type = Value.self
    ) throws(CheckpointError) -> Value {
        file.integer(at: try take(MemoryLayout<Value>.size).lowerBound, as: type)
    }

    private mutating func text(_ count: Int) throws(CheckpointError) -> String {
        guard let text = file.text(try take(count)) else { throw failure("a text is not UTF-8") }
        return text
    }

    /// Text up to the end of the line.
    private mutating func line() throws(CheckpointError) -> String {
        let first = position
        while try integer(as: UInt8.self) != UInt8(ascii: "\n") {}
        guard let text = file.text(first..<position - 1) else { throw failure("a text is not UTF-8") }
        return text
    }

    /// A whole number of up to eight bytes, in two's complement.
    private mutating func longInteger() throws(CheckpointError) -> PickleValue {
        let count = Int(try integer(as: UInt8.self))
        guard count <= 8 else { throw failure("a whole number is too large") }
        let bytes = file.bytes(try take(count))
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let unused = UInt64(64 - count * 8)
        return .integer(count == 0 ? 0 : Int(Int64(bitPattern: bits << unused) >> Int64(unused)))
    }
}
