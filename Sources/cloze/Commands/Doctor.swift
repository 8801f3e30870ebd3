import ArgumentParser
import Checkpoints
import Foundation
import Models
import Prompts
import Tensors
import Tokenizers

/// `cloze doctor`: what this machine and this build can do.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what matters about this machine, and check a model.",
        discussion: """
            EXAMPLES
              cloze doctor
              cloze doctor --model MODEL --json
            """)

    @OptionGroup var general: GeneralOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("A model to load and to run once.", valueName: "model"))
    var model: String?

    func run() throws {
        let console = general.begin()
        var report = Report.machine()
        console.begin("measuring matrix products", total: nil)
        report.multiplicationsASecond = MatrixSpeed.measure(seconds: 1)
        console.end()
        if let model { report.model = try Report.check(ModelPlace(model), console) }
        if general.json { return try Stream.output.print(json: report, of: "doctor") }
        try Stream.output.print(report.text)
    }
}

/// How fast matrices are multiplied here.
private enum MatrixSpeed {
    /// Floating-point operations a second of products of the size of a small model's layer.
    static func measure(seconds: Double) -> Double {
        let (rows, width) = (256, 1024)
        let a = Tensor(repeating: 0.5, shape: [rows, width], on: CPUBackend.shared)
        let b = Tensor(repeating: 0.25, shape: [width, width], on: CPUBackend.shared)
        _ = a.matmul(b).floats
        let (start, clock) = (ContinuousClock.now, ContinuousClock())
        var products = 0
        while clock.now - start < .seconds(seconds) {
            _ = a.matmul(b)
            products += 1
        }
        return Double(products) * 2 * Double(rows * width * width) / ((clock.now - start) / .seconds(1))
    }
}

private struct Report: Encodable {
    var version: String
    var system: String
    var processors: Int
    var instructionSet: String
    var blas: String
    var threads: Int
    var multiplicationsASecond = 0.0
    var memoryBytes: UInt64
    var freeDiskBytes: Int?
    var hubCache: String
    var hubCacheExists: Bool
    var model: ModelCheck?

    /// What running a model once has shown.
    struct ModelCheck: Encodable {
        var name: String
        var family: String
        var parameters: Int
        var loadSeconds: Double
        var passSeconds: Double
        var finite: Bool
        var tokenizerRoundTrip: Bool
    }

    static func machine() -> Report {
        let info = ProcessInfo.processInfo
        let cache = HubCache().folder
        let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        let space = try? FileManager.default.attributesOfFileSystem(forPath: here.path)[.systemFreeSize]
        return Report(
            version: Cloze.version, system: info.operatingSystemVersionString,
            processors: info.activeProcessorCount,
            instructionSet: CPUBackend.instructionSet, blas: CPUBackend.blas, threads: CPUBackend.threads,
            memoryBytes: info.physicalMemory, freeDiskBytes: (space as? NSNumber)?.intValue,
            hubCache: cache.path, hubCacheExists: FileManager.default.fileExists(atPath: cache.path))
    }

    static func check(_ place: ModelPlace, _ console: Console) throws -> ModelCheck {
        let start = ContinuousClock.now
        let pretrained = try place.load(console)
        let loaded = ContinuousClock.now
        let text = PromptManifest.TokenizerProbe.text
        let tokens = pretrained.tokenizer.framing.prefix + pretrained.tokenizer.encode(text)
        let scores = pretrained.lastScores(tokens)
        let end = ContinuousClock.now
        return ModelCheck(
            name: place.name, family: pretrained.model.traits.family.rawValue,
            parameters: pretrained.weights.parameterCount, loadSeconds: (loaded - start) / .seconds(1),
            passSeconds: (end - loaded) / .seconds(1), finite: scores.allSatisfy(\.isFinite),
            tokenizerRoundTrip: pretrained.tokenizer.decode(pretrained.tokenizer.encode(text)) == text)
    }

    var text: String {
        var lines = [
            ("cloze", version), ("system", system), ("processors", "\(processors)"),
            ("instructions", instructionSet), ("BLAS", blas), ("threads", "\(threads)"),
            ("matrix products", "\(Figures.decimal(multiplicationsASecond / 1e9, 1)) GFLOP/s in float32"),
            ("memory", Figures.bytes(Int(memoryBytes))),
            ("free disk", freeDiskBytes.map { Figures.bytes($0) } ?? "unknown"),
            ("hub cache", hubCache + (hubCacheExists ? "" : " (not there)")),
        ]
        if let model { lines += model.lines }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { padded($0.0, toColumns: width) + "  " + $0.1 }.joined(separator: "\n")
    }
}

extension Report.ModelCheck {
    fileprivate var lines: [(String, String)] {
        [
            ("model", "\(name): \(family), \(Figures.count(parameters)) parameters"),
            ("loading", Figures.seconds(loadSeconds)),
            (
                "one pass",
                Figures.seconds(passSeconds)
                    + (finite ? ", all scores are numbers" : ", SCORES ARE NOT NUMBERS")
            ),
            ("tokenizer", tokenizerRoundTrip ? "gives a mixed text back" : "does not give a mixed text back"),
        ]
    }
}
