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

let package = Package(
    name: "cloze",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Tensors", targets: ["Tensors"]),
    ],
    targets: [
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev", "pkg-config"])]),
        .target(
            name: "CKernels",
            dependencies: [.target(name: "COpenBLAS", condition: .when(platforms: [.linux]))],
            linkerSettings: [.linkedFramework("Accelerate", .when(platforms: [.macOS]))]),
        room("Tensors", "CKernels", unsafe: true),
    ],
    swiftLanguageModes: [.v6]
)
