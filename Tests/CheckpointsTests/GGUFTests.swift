import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct GGUFTests {
    private struct Listing: Decodable {
        struct Entry: Decodable {
            var shape: [Int]
            var type: String
        }
        var tensors: [String: Entry]
    }

    private let backend = CPUBackend.shared

    @Test func `the tensor list agrees with the reference reader`() throws {
        let file = try GGUFFile(contentsOf: golden("small.gguf"))
        let listing = try JSONDecoder().decode(
            Listing.self, from: Data(contentsOf: golden("small-gguf.json")))
        #expect(file.version == 3)
        #expect(file.architecture == "llama")
        #expect(file.names == listing.tensors.keys.sorted())
        for (name, entry) in listing.tensors {
            #expect(file.shape(of: name)?.lengths == entry.shape)
            #expect(file.entry(name)?.storedType == entry.type)
        }
    }

    @Test func `every element type expands to the reference values`() throws {
        let file = try GGUFFile(contentsOf: golden("small.gguf"))
        let expected = try SafetensorsFile(contentsOf: golden("small-gguf-values.safetensors"))
        #expect(expected.names.count == 12)
        for name in expected.names {
            let found = try file.tensor(name, on: backend).floats
            let wanted = try expected.tensor(name, on: backend).floats
            #expect(found.count == wanted.count)
            let worst = zip(found, wanted).map { abs($0 - $1) - 1e-6 * abs($1) }.max() ?? 0
            #expect(worst <= 1e-6, "\(name)")
        }
    }

    @Test func `metadata of every type is read`() throws {
        let metadata = try GGUFFile(contentsOf: golden("small.gguf")).metadata
        #expect(metadata["v.uint8"]?.integer == 200)
        #expect(metadata["v.int8"]?.integer == -100)
        #expect(metadata["v.uint16"]?.integer == 60000)
        #expect(metadata["v.int16"]?.integer == -30000)
        #expect(metadata["llama.block_count"]?.integer == 2)
        #expect(metadata["v.int32"]?.integer == -2_000_000_000)
        #expect(metadata["v.int64"]?.integer == -(1 << 62))
        #expect(metadata["v.uint64"]?.integer == nil)
        #expect(metadata["v.uint64"]?.number == 9_223_372_036_854_775_808)
        #expect(metadata["v.float32"]?.number == 0.5)
        #expect(metadata["v.float64"]?.number == 1e-300)
        #expect(metadata["v.bool"]?.bool == true)
        #expect(metadata["v.string"]?.string == "héllo 😀\n")
        #expect(try metadata["tokenizer.ggml.tokens"]?.array?.strings() == ["<s>", "▁a", "é", ""])
        #expect(try metadata["tokenizer.ggml.scores"]?.array?.numbers() == [0.5, -1.25])
        #expect(try metadata["tokenizer.ggml.token_type"]?.array?.integers() == [1, 3, -6])
        #expect(try metadata["v.bools"]?.array?.elements().map(\.bool) == [true, false])
        let nested = try #require(metadata["v.nested"]?.array).elements().map { try $0.array?.integers() }
        #expect(nested == [[1, 2], [3]])
    }

    @Test func `metadata serves as configuration`() throws {
        let configuration = try GGUFFile(contentsOf: golden("small.gguf")).configuration
        #expect(try configuration.integer("llama.block_count") == 2)
        #expect(try configuration.optionalIntegers("tokenizer.ggml.token_type") == [1, 3, -6])
        #expect(
            problem { _ = try configuration.integer("llama.embedding_length") }
                == .missingKey("llama.embedding_length"))
    }

    @Test func `a type that is no weight is listed and refused by name`() throws {
        let file = try GGUFFile(contentsOf: golden("small.gguf"))
        #expect(file.shape(of: "iq2_xxs") == [2, 512])
        let error = #expect(throws: CheckpointError.self) { try file.tensor("iq2_xxs", on: backend) }
        #expect(error?.description.contains("IQ2_XXS, which is not supported; requantise it to") == true)
    }

    @Test func `version 2 is read`() throws {
        var builder = GGUFBuilder()
        builder.version = 2
        builder.tensor("a", [2, 3])
        builder.data = 24
        let file = try GGUFFile(MappedFile(bytes: builder.bytes, name: "v2"))
        #expect(file.shape(of: "a") == [3, 2])
        #expect(try file.tensor("a", on: backend).floats == [Float](repeating: 0, count: 6))
    }

    @Test func `a file cut at any byte is refused`() throws {
        let bytes = try [UInt8](Data(contentsOf: golden("small.gguf")))
        // The writer pads the end; no tensor owns those bytes.
        let whole = try GGUFFile(MappedFile(bytes: bytes, name: "whole"))
        let end = whole.names.compactMap { whole.entry($0)?.range.upperBound }.max() ?? 0
        #expect(end > 9000)
        for count in 0..<end {
            let cut = MappedFile(bytes: Array(bytes.prefix(count)), name: "cut at \(count)")
            #expect(throws: CheckpointError.self) { try GGUFFile(cut) }
        }
    }

    @Test func `changed bytes never end the program`() throws {
        let bytes = try [UInt8](Data(contentsOf: golden("small.gguf")))
        // Only the head: changed weights are only other weights.
        let head = Array(bytes.prefix(2200))
        var refused = 0
        for changed in corrupted(head, count: 2000, seed: 11) {
            do throws(CheckpointError) {
                let file = try GGUFFile(
                    MappedFile(bytes: changed + bytes.dropFirst(head.count), name: "changed"))
                for name in file.names where file.elementType(of: name) != nil {
                    _ = try file.tensor(name, on: backend).floats
                }
                for value in file.metadata.values { _ = try value.array?.elements() }
                _ = file.configuration
            } catch {
                #expect(!error.description.isEmpty)
                refused += 1
            }
        }
        #expect(refused > 500)
    }
}

@Suite struct GGUFRuleTests {
    private func problem(_ change: (inout GGUFBuilder) -> Void) -> CheckpointError.Problem? {
        var builder = GGUFBuilder()
        change(&builder)
        let file = MappedFile(bytes: builder.bytes, name: "made.gguf")
        return CheckpointsTests.problem { _ = try GGUFFile(file) }
    }

    @Test func `the plain file that the others break is right`() {
        #expect(
            problem {
                $0.tensor("a", [4]); $0.data = 16
            } == nil)
        #expect(problem { _ in } == nil)
    }

    @Test func `magic and version`() {
        #expect(problem { $0.magic = Array("PK\u{3}\u{4}".utf8) } == .wrongMagic(found: "a ZIP archive"))
        #expect(problem { $0.version = 1 } == .unsupportedVersion(1))
        #expect(problem { $0.version = 4 } == .unsupportedVersion(4))
        #expect(problem { $0.version = 3 << 24 } == .bigEndian)
        let empty = MappedFile(bytes: [], name: "empty")
        #expect(
            CheckpointsTests.problem { _ = try GGUFFile(empty) }
                == .emptyFile(expected: "a GGUF file"))
    }

    @Test func `huge counts are not believed`() {
        #expect(problem { $0.tensorCount = .max } == .countTooLarge(of: "tensors", count: .max, limit: 0))
        #expect(
            problem { $0.valueCount = 1 << 40 }
                == .countTooLarge(of: "metadata values", count: 1 << 40, limit: 0))
        #expect(
            problem { $0.value("k", 9, GGUFBuilder.bytes(UInt32(8)) + GGUFBuilder.bytes(UInt64.max)) }
                == .countTooLarge(of: "elements of k", count: .max, limit: 0))
        #expect(
            problem {
                $0.value("k", 9, GGUFBuilder.bytes(UInt32(4)) + GGUFBuilder.bytes(UInt64(2)) + [0, 0, 0, 0])
            }
                == .countTooLarge(of: "elements of k", count: 2, limit: 1))
    }

    @Test func `a count too many runs into the end`() {
        #expect(
            problem {
                $0.tensor("abcdefghijklmnopqrstuvwxyz", [4], type: 0); $0.tensorCount = 2
            }
                == .truncated(reading: "a tensor's name", offset: 82))
    }

    @Test func `texts have limits`() {
        #expect(
            problem { $0.value("k", 8, GGUFBuilder.bytes(UInt64.max)) }
                == .stringTooLong(of: "k", bytes: .max, limit: Limits.textBytes))
        let key = String(repeating: "k", count: Limits.nameBytes + 1)
        #expect(
            problem { $0.value(key, 0, [1]) }
                == .stringTooLong(of: "a metadata key", bytes: UInt64(key.count), limit: Limits.nameBytes))
        #expect(
            problem { $0.value("k", 8, GGUFBuilder.bytes(UInt64(2)) + [0xC3, 0x28]) } == .invalidText(of: "k")
        )
    }

    @Test func `values must be of a known type`() {
        #expect(problem { $0.value("k", 13, [0, 0]) } == .unknownValueType(key: "k", raw: 13))
        #expect(problem { $0.value("k", 7, [2]) } == .invalidBoolean(key: "k", byte: 2))
        #expect(
            problem {
                $0.value("k", 0, [2]); $0.value("k", 0, [2])
            } == .duplicateKey("k"))
        let level = GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt64(1))
        let deep = [[UInt8]](repeating: level, count: 8).flatMap(\.self)
        #expect(problem { $0.value("k", 9, deep) } == .arrayTooDeep(key: "k", limit: Limits.arrayDepth))
    }

    @Test(arguments: [0, 3, 48, 1 << 21] as [UInt32])
    func `an alignment is a power of two`(value: UInt32) {
        #expect(
            problem { $0.value("general.alignment", 4, GGUFBuilder.bytes(value)) }
                == .badAlignment(Int(value)))
    }

    @Test func `an alignment is a whole number and is used`() {
        guard case .wrongType("general.alignment", _, _) = problem({ $0.value("general.alignment", 7, [1]) })
        else {
            Issue.record("a truth value was taken for an alignment")
            return
        }
        func aligned(_ offset: UInt64) -> CheckpointError.Problem? {
            problem {
                $0.value("general.alignment", 4, GGUFBuilder.bytes(UInt32(8)))
                $0.alignment = 8
                $0.tensor("a", [2])
                $0.tensor("b", [2], offset: offset)
                $0.data = 24
            }
        }
        #expect(aligned(8) == nil)
        #expect(aligned(12) == .misaligned(tensor: "b", offset: 12, alignment: 8))
        #expect(aligned(0) == .overlap(tensor: "b", previous: "a"))
    }

    @Test func `tensors are checked`() {
        #expect(
            problem {
                $0.tensor("a", [1, 1, 1, 1, 1]); $0.data = 4
            } == .tooManyAxes(tensor: "a", count: 5, limit: 4))
        #expect(problem { $0.tensor("a", [4], type: 99) } == .unknownType(tensor: "a", type: "number 99"))
        #expect(problem { $0.tensor("a", [4], type: 4) } == .unknownType(tensor: "a", type: "number 4"))
        #expect(
            problem { $0.tensor("a", [48], type: 2) }
                == .partialBlocks(tensor: "a", width: 48, blockLength: 32, type: "Q4_0"))
        #expect(problem { $0.tensor("a", [.max]) } == .shapeOverflow(tensor: "a", shape: []))
        #expect(
            problem { $0.tensor("a", [1 << 32, 1 << 32]) }
                == .shapeOverflow(tensor: "a", shape: [1 << 32, 1 << 32]))
        #expect(
            problem { $0.tensor("a", [1 << 32, 0, 1 << 32]) }
                == .shapeOverflow(tensor: "a", shape: [1 << 32, 0, 1 << 32]))
        #expect(
            problem {
                $0.tensor("a", [4]); $0.data = 8
            }
                == .rangeOutside(tensor: "a", begin: 0, end: 16, available: 8))
        #expect(
            problem {
                $0.tensor("a", [4], offset: 1 << 63); $0.data = 16
            }
                == .rangeOutside(tensor: "a", begin: .max, end: .max, available: 16))
        #expect(
            problem {
                $0.tensor("a", [4], offset: 16); $0.data = 32
            }
                == .misaligned(tensor: "a", offset: 16, alignment: 32))
        #expect(
            problem {
                $0.tensor("a", [4]); $0.tensor("a", [4], offset: 32); $0.data = 64
            } == .duplicateTensor("a"))
        #expect(
            problem {
                $0.tensor("a", [16]); $0.tensor("b", [4], offset: 32); $0.data = 64
            }
                == .overlap(tensor: "b", previous: "a"))
    }
}
