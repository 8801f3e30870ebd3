import ArgumentParser
import Checkpoints
import Foundation
import Models
import Tensors
import Tokenizers

/// Which model.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The model: a Hugging Face folder, a GGUF file, or owner/name from the hub's cache (nothing is fetched).",
            valueName: "model"))
    var model: String

    /// Loads the model.
    func load(_ console: Console) throws -> PretrainedModel { try ModelPlace(model).load(console) }
}

/// Where a model is, as a user names it.
struct ModelPlace {
    let name: String

    init(_ name: String) { self.name = name }

    /// The path if there is something; else the hub cache's folder if the name is one of the hub's.
    func url() throws -> URL {
        let path = (name as NSString).expandingTildeInPath
        let isHubName =
            name.split(separator: "/", omittingEmptySubsequences: false).count == 2 && !name.hasPrefix(".")
        guard isHubName, !FileManager.default.fileExists(atPath: path), !name.hasSuffix(".gguf") else {
            return URL(fileURLWithPath: path)
        }
        return try HubCache().resolve(name)
    }

    /// The model's tokenizer alone; a tokenizer.json by itself will do.
    func tokenizer() throws -> TokenizerPipeline {
        let url = try url()
        if url.pathExtension == "json" { return try TokenizerPipeline(contentsOf: url) }
        if url.pathExtension == "gguf" { return try ModelSource(contentsOf: url).tokenizer() }
        return try TokenizerPipeline(contentsOf: url)
    }

    func source() throws -> ModelSource { try ModelSource(contentsOf: url()) }

    func load(_ console: Console) throws -> PretrainedModel {
        let clock = ContinuousClock()
        var model: PretrainedModel?
        let elapsed = try clock.measure { model = try PretrainedModel(source(), on: CPUBackend.shared) }
        guard let model else { throw CancellationError() }
        let (traits, count) = (model.model.traits, model.weights.parameterCount)
        console.detail(
            "model: \(name), \(traits.family.rawValue), \(Figures.count(count)) parameters, loaded in "
                + Figures.seconds(elapsed / .seconds(1)))
        return model
    }
}
