// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A room of the house: a library target that may import what its line lists, and nothing else.
/// Rooms above the backends also account for every unsafe construct (`strictMemorySafety`).
func room(_ name: String, _ imports: Target.Dependency..., unsafe: Bool = false) -> Target {
    .target(
        name: name, dependencies: imports,
        swiftSettings: unsafe ? strict : strict + [.strictMemorySafety()])
}

/// The tests of a room: what the room sees, and the shared support.
func tests(_ name: String, _ imports: Target.Dependency...) -> Target {
    .testTarget(name: name, dependencies: imports + ["TestSupport"], swiftSettings: strict)
}

let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "cloze",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "cloze", targets: ["cloze"]),
        .library(name: "Tensors", targets: ["Tensors"]),
        .library(name: "Tokenizers", targets: ["Tokenizers"]),
        .library(name: "Datasets", targets: ["Datasets"]),
        .library(name: "Models", targets: ["Models"]),
        .library(name: "Prompts", targets: ["Prompts"]),
        .library(name: "Experiments", targets: ["Experiments"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev", "pkg-config"])]),
        .target(
            name: "CKernels",
            dependencies: [.target(name: "COpenBLAS", condition: .when(platforms: [.linux]))],
            linkerSettings: [.linkedFramework("Accelerate", .when(platforms: [.macOS]))]),
        room("Tensors", "CKernels", unsafe: true),
        room("Tokenizers"),
        room("Datasets"),
        room("Layers", "Tensors"),
        room("Checkpoints", "Tensors", crypto),
        room("Models", "Tensors", "Layers", "Checkpoints", "Tokenizers"),
        room("Training", "Tensors", "Layers"),
        room(
            "Prompts", "Tensors", "Layers", "Checkpoints", "Tokenizers", "Datasets", "Models", "Training"),
        room(
            "Experiments", "Prompts", "Training", "Datasets", "Models", "Checkpoints", "Tensors", "Layers",
            "Tokenizers", yaml, sqlite),
        .executableTarget(
            name: "cloze",
            dependencies: [
                "Experiments", "Prompts", "Models", "Datasets", "Tokenizers", "Checkpoints", "Training",
                "Tensors",
                "Layers", arguments,
            ], swiftSettings: strict + [.strictMemorySafety()]),
        .executableTarget(
            name: "FirstPrompt", dependencies: ["Prompts", "Models", "Datasets", "Tensors"],
            path: "Examples/FirstPrompt", swiftSettings: strict),
        .executableTarget(
            name: "Pipeline", dependencies: ["Prompts", "Models", "Datasets", "Tensors"],
            path: "Examples/Pipeline", swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport", swiftSettings: strict),
        tests("TensorsTests", "Tensors", "CKernels"),
        tests("TokenizersTests", "Tokenizers"),
        tests("DatasetsTests", "Datasets"),
        tests("LayersTests", "Tensors", "Layers"),
        tests("CheckpointsTests", "Tensors", "Checkpoints"),
        tests("ModelsTests", "Tensors", "Layers", "Checkpoints", "Tokenizers", "Models", "Training"),
        tests("TrainingTests", "Tensors", "Layers", "Training"),
        tests(
            "PromptsTests", "Prompts", "Tensors", "Layers", "Checkpoints", "Tokenizers", "Datasets", "Models",
            "Training"),
        tests(
            "ExperimentsTests", "Experiments", "Prompts", "Tensors", "Layers", "Checkpoints", "Tokenizers",
            "Datasets", "Models", "Training", sqlite),
        tests("CommandLineTests", "cloze", "Pipeline"),
    ],
    swiftLanguageModes: [.v6]
)

// The documentation's plug-in is resolved only where documentation is built.
if Context.environment["CLOZE_DOCS"] != nil {
    package.dependencies.append(
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
