package import Tensors

/// A change of a linear map by two thin matrices (LoRA, Hu et al. 2022, §4.1): `x Wᵀ + scaling · x Aᵀ Bᵀ`.
///
/// It has no place in a model's plan: a pass whose weights hold the tensors of a change applies it, so that a
/// quantised weight stays as it is.
package struct LowRankChange: Hashable, Sendable {
    /// `A`, `[rank, K]`.
    package let down: Parameter
    /// `B`, `[O, rank]`.
    package let up: Parameter
    /// The scaling, alpha / rank, one number; it is not trained.
    package let scaling: Parameter

    /// The change of a weight `path.weight`, whose tensors are `path.lora_A.weight`, `path.lora_B.weight` and
    /// `path.lora_scaling`.
    package init(of weight: Parameter, rank: Int) {
        let path = ParameterPath(Self.path(of: weight.name))
        down = (path / "lora_A" / "weight").parameter([rank, weight.shape.width])
        up = (path / "lora_B" / "weight").parameter([weight.shape[0], rank])
        scaling = (path / Self.scalingName).parameter([1])
    }

    /// `[N, K]` -> `[N, O]`: what is added to the map's own output.
    package func callAsFunction(_ x: Tensor, _ pass: Pass) -> Tensor {
        x.matmul(pass[down]).matmul(pass[up]).scaled(by: pass[scaling].scalar)
    }

    /// The last part of the scaling's name.
    package static let scalingName = "lora_scaling"

    fileprivate static func path(of weight: String) -> String {
        weight.hasSuffix(".weight") ? String(weight.dropLast(".weight".count)) : weight
    }
}

extension LowRankChange {
    /// The change of a weight that tensors hold; nil where they hold none.
    package init?(of weight: Parameter, in tensors: NamedTensors) {
        let name = Self.path(of: weight.name) + ".lora_A.weight"
        guard let down = tensors[name], down.shape.rank == 2 else { return nil }
        self.init(of: weight, rank: down.shape.rows)
    }

    /// Its tensors.
    package var parameters: [Parameter] { [down, up, scaling] }
}

extension Pass {
    /// The change of a weight, where this pass's weights hold one.
    package func lowRankChange(of weight: Parameter) -> LowRankChange? {
        shape(of: LowRankChange.path(of: weight.name) + ".lora_A.weight").map {
            LowRankChange(of: weight, rank: $0.rows)
        }
    }
}
