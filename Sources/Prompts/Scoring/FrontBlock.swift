internal import Datasets
internal import Layers
internal import Models
internal import Synchronization
internal import Tensors

/// What every question of a prompt starts with, as one block of keys and values: computed once, when the first
/// question comes, and read by every row and every candidate from then on.
///
/// Soft rows, an instruction, examples and the template's first words stand in it. On a causal model that changes
/// no value: what stands behind a row does not move its keys and values.
final class FrontBlock: Sendable {
    /// The rows that the block holds.
    let rows: [PromptRow]
    private let block: Mutex<KeyValues?>

    /// How many rows a block is worth having for: less is as quickly computed with each batch.
    static let smallestCount = 8

    /// A front that is computed when it is needed, or was read from a file.
    init(rows: [PromptRow], _ block: KeyValues? = nil) {
        self.rows = rows
        self.block = Mutex(block)
    }

    /// Whether a prompt starts with the front and goes on behind it.
    func starts(_ prompt: EncodedPrompt) -> Bool { starts(prompt.before) }

    /// Whether rows start with the front and go on behind it.
    func starts(_ own: [PromptRow]) -> Bool { own.count > rows.count && own.starts(with: rows) }

    /// What two questions that have nothing in common both start with.
    ///
    /// - Parameters:
    ///   - fields: those that a question fills.
    ///   - rows: the rows of a question in front of its answer; nil where it cannot be asked.
    static func sharedRows(_ fields: [String], _ rows: (Example) -> [PromptRow]?) -> [PromptRow] {
        let asked = ["\u{C548}", "7 ?"].compactMap { text in
            rows(Example(fields: Dictionary(fields.map { ($0, text) }, uniquingKeysWith: { $1 })))
        }
        return asked.count == 2 ? Array(asked[0].prefix(PackedPrompts.sharedPrefix(asked))) : []
    }

    /// The block, behind the blocks of the prompt itself.
    func keyValues(_ model: any LanguageModel, _ tensors: PromptTensors, _ pass: Pass) -> KeyValues {
        block.withLock { block in
            if let block { return block }
            let packed = PackedPrompts([.init(prompt: rows, question: .rows([]))])
            let made = model.keyValues(packed.input(model, [tensors], pass), pass)
            block = made
            return made
        }
    }
}
