internal import Layers
internal import Models
package import Tensors

/// The rows of a prompt as a layer above the first reads them.
package struct LowerRows: Sendable {
    /// The layer that reads them; the number of layers where only what is behind the last one is left.
    package let layer: Int
    /// `[rows, D]`: the prompt's rows and those of its candidates, as ``PackedPrompts`` packs them alone.
    package let rows: Tensor
}

/// The frozen layers below the first one that is trained or reads anything trained, walked once for all epochs.
///
/// Keys and values inserted from layer k on, weights tuned from layer k on, and a head on top of all layers leave the
/// rows that layer k reads as they are. A step then costs the layers from k on. Beyond the limit the rows go to a mapped
/// file.
package struct LowerLayers<Goal: LayeredObjective>: Sendable {
    private let objective: Goal
    private let pass: Pass
    private let first: Int
    private let limit: Int
    private static var rowsABatch: Int { 768 }

    /// - Parameters:
    ///   - first: the first layer that is not walked here.
    ///   - objective: packs prompts and makes what they read beside their tokens.
    ///   - weights: the model's, with what is trained as it starts: layers below `first` read nothing of it.
    ///   - limit: how many bytes of rows are held in memory.
    package init(
        below first: Int, _ objective: Goal, _ weights: NamedTensors,
        limit: Int = InputCache.bytesInMemory
    ) {
        self.objective = objective
        self.first = first
        self.limit = limit
        pass = .inference(weights)
    }

    /// The rows with what they are as the first walked layer reads them.
    package func reading(_ items: [Goal.Row]) throws -> [Goal.Row] {
        var result = items
        var (start, held) = (0, 0)
        while start < items.count {
            var (counts, rows) = ([Int](), 0)
            while start + counts.count < items.count, counts.isEmpty || rows < Self.rowsABatch {
                counts.append(objective.packed([items[start + counts.count]]).rows.count)
                rows += counts[counts.count - 1]
            }
            let range = start..<start + counts.count
            let all = walk(Array(items[range]))
            var walked = named(all, counts)
            if held + all.byteCount > limit {
                walked = try walked.spilled(on: all.backend)
            } else {
                held += all.byteCount
            }
            for (index, place) in range.enumerated() {
                result[place].lower = walked["\(index)"].map { LowerRows(layer: first, rows: $0) }
            }
            start = range.upperBound
        }
        return result
    }

    private func walk(_ items: [Goal.Row]) -> Tensor {
        var input = objective.packed(items).input(objective.model, [objective.tensors(pass)], pass)
        (input.layers, input.readouts) = (0..<first, (0..<Int32(input.embeddings.shape.rows)).map { $0 })
        return objective.model.hidden(input, pass)
    }

    /// The rows of each prompt under its number.
    private func named(_ rows: Tensor, _ counts: [Int]) -> NamedTensors {
        var end = 0
        return counts.enumerated().reduce(into: NamedTensors()) { parts, part in
            parts["\(part.offset)"] = rows.rows(end..<end + part.element)
            end += part.element
        }
    }
}
