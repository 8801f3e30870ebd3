internal import Layers
public import Models
public import Tensors

/// Which of a model's own weights are tuned.
public enum WeightSelection: Hashable, Codable, Sendable {
    /// All of them.
    case all
    /// Those of the so many last layers, and the last norm (Li & Liang 2021, table 1, "FT-top2").
    case topLayers(Int)
    /// None: only what a method puts on top of the model.
    case none

    /// The first layer that has a selected weight, of so many; their number where none has.
    func firstLayer(of layers: Int) -> Int {
        switch self {
        case .all: 0
        case .topLayers(let count): max(0, layers - count)
        case .none: layers
        }
    }

    /// The selected weights as float32, copies that may be trained.
    ///
    /// A quantised weight is expanded: `all` of a model takes four bytes a number, and in training four times that
    /// (weight, gradient, two moments), whatever its file takes.
    /// - Parameters:
    ///   - pretrained: the model.
    ///   - readout: how the answer is read; under a head the weights that score the vocabulary are left out, since
    ///     no loss reaches them.
    /// - Throws: ``PromptError/badSetting(name:value:allowed:)`` for more layers than there are.
    public func weights(of pretrained: PretrainedModel, readout: Readout = .verbalizer) throws -> NamedTensors
    {
        let layers = pretrained.model.traits.layers
        if self == .none { return NamedTensors() }
        if case .topLayers(let count) = self, !(1...layers).contains(count) {
            throw PromptError.badSetting(
                name: "the number of tuned layers", value: "\(count)", allowed: "between 1 and \(layers)")
        }
        let first = firstLayer(of: layers)
        let names = pretrained.model.parameters.map(\.name)
        // What stands behind the layers (the last norm, an output matrix) belongs to their top.
        let lastOfLayers = names.lastIndex { Self.layer(of: $0) != nil } ?? names.count
        return names.enumerated().reduce(into: NamedTensors()) { chosen, place in
            let layer = Self.layer(of: place.element)
            let isChosen = self == .all || layer.map { $0 >= first } ?? (place.offset > lastOfLayers)
            let isRead = readout.readsVocabulary || !Self.scoresVocabulary(place.element)
            if isChosen, isRead { chosen[place.element] = pretrained.weights[place.element]?.float32() }
        }
    }

    /// Whether a weight stands between the last hidden state and the vocabulary's scores, by the families' names.
    static func scoresVocabulary(_ name: String) -> Bool {
        ["cls.", "lm_head.", "vocab_", "generator_"].contains { name.hasPrefix($0) }
    }

    /// The number of the layer that a weight is of: the first number in its name.
    private static func layer(of name: String) -> Int? {
        name.split(separator: ".").lazy.compactMap { Int($0) }.first
    }
}
