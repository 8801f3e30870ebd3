internal import Checkpoints
public import Foundation
internal import Layers
public import Models
public import Tensors

/// A PEFT adapter between its files and a prompt's tensors.
///
/// | PEFT | file | here |
/// | --- | --- | --- |
/// | PROMPT_TUNING, P_TUNING (folded) | `prompt_embeddings` `[P, D]` | the soft rows |
/// | PREFIX_TUNING | `prompt_embeddings` `[P, layers · 2 · G · W]`: keys, then values, of each layer | a prefix |
/// | MULTITASK_PROMPT_TUNING | `prompt_embeddings`, `prefix_task_cols`, `prefix_task_rows` | the rows of one task |
/// | LORA | `base_model.model.MAP.lora_A.weight`, … `lora_B` | the changes, and their scaling |
///
/// PEFT puts all virtual tokens in front of everything; so does a template that begins with its soft slot.
public struct PEFTAdapter: Sendable {
    var configuration: PEFTConfiguration
    /// Under PEFT's names.
    var tensors: NamedTensors

    private static let loraPrefix = "base_model.model."
    private static let table = SoftPrompt.parameterName
    private static let (taskColumns, taskRows) = ("prefix_task_cols", "prefix_task_rows")

    /// PEFT's name for its kind, such as `PREFIX_TUNING`.
    public var kind: String { configuration.kind.name }

    /// How many virtual tokens it puts in front; none for LoRA.
    public var rows: Int { configuration.rows }

    /// How many tasks share it; 1 for all kinds but one.
    public var taskCount: Int {
        if case .multitaskPromptTuning(let tasks, _) = configuration.kind { tasks } else { 1 }
    }

    /// The name of the method here that makes such prompts.
    public var method: String {
        switch configuration.kind {
        case .promptTuning, .multitaskPromptTuning: PromptTuning.name
        case .pTuning: PTuning.name
        case .prefixTuning: PrefixTuning.name
        case .lora: LoRA.name
        }
    }

    /// Whether its virtual tokens are soft rows, which a template has to make room for.
    public var hasSoftRows: Bool {
        switch configuration.kind {
        case .promptTuning, .pTuning, .multitaskPromptTuning: true
        case .prefixTuning, .lora: false
        }
    }

    /// Reads the two files of a folder.
    ///
    /// - Throws: ``PromptError/missingFile(_:)``, ``PromptError/badAdapter(_:_:)``, or `CheckpointError`.
    public init(contentsOf folder: URL, on backend: any Backend) throws {
        configuration = try PEFTConfiguration(
            contentsOf: folder.appendingPathComponent(PromptFolder.configurationName))
        let file = folder.appendingPathComponent(PromptFolder.tensorsName)
        tensors = try SafetensorsFile(contentsOf: file).tensors(on: backend).mapValues { $0.float32() }
        try check(file.path)
        try tensors.requireFinite(file.path)
    }

    private func check(_ path: String) throws {
        func require(_ name: String, _ expected: Shape?) throws {
            guard let found = tensors[name] else {
                throw PromptError.badAdapter(path, "it has no tensor \(name)")
            }
            guard let expected, found.shape != expected else { return }
            throw PromptError.badAdapter(
                path, "\(name) is \(found.shape), but the configuration says \(expected)")
        }
        if case .lora(let rank, _, _) = configuration.kind { return try checkChanges(rank, path, require) }
        try require(Self.table, nil)
        guard let rows = tensors[Self.table], rows.shape.rank == 2, rows.shape[0] == configuration.rows else {
            throw PromptError.badAdapter(
                path,
                "\(Self.table) is \(tensors[Self.table]?.shape ?? []), but num_virtual_tokens is \(configuration.rows)"
            )
        }
        if case .multitaskPromptTuning(let tasks, let ranks) = configuration.kind {
            try require(Self.taskColumns, [tasks, configuration.rows, ranks])
            try require(Self.taskRows, [tasks, ranks, rows.shape.width])
        }
    }

    /// Throws unless each map that is changed has both matrices, of the rank that the scaling is computed with.
    private func checkChanges(_ rank: Int, _ path: String, _ require: (String, Shape?) throws -> Void) throws
    {
        guard !tensors.isEmpty else { throw PromptError.badAdapter(path, "it has no tensors") }
        for name in tensors.names {
            let isDown = name.contains(".lora_A.")
            guard name.hasPrefix(Self.loraPrefix), isDown || name.contains(".lora_B."),
                let shape = tensors[name]?.shape
            else {
                throw PromptError.badAdapter(path, "\(name) is no part of a plain LoRA adapter")
            }
            guard shape.rank == 2, shape[isDown ? 0 : 1] == rank else {
                throw PromptError.badAdapter(
                    path, "\(name) is \(shape), but the configuration's r is \(rank)")
            }
            let (own, other) = isDown ? (".lora_A.", ".lora_B.") : (".lora_B.", ".lora_A.")
            try require(name.replacingOccurrences(of: own, with: other), nil)
        }
    }
}

// MARK: - To a prompt

extension PEFTAdapter {
    /// What an adapter's tensors must fit.
    public struct Target: Sendable, Hashable {
        var layers: Int
        var width: Int
        var keyValueHeads: Int
        var headWidth: Int

        /// A model.
        public init(_ traits: ModelTraits) {
            (layers, width) = (traits.layers, traits.width)
            (keyValueHeads, headWidth) = (traits.keyValueHeads, traits.headWidth)
        }

        /// The model of a manifest.
        init(_ model: PromptManifest.ModelIdentity) {
            (layers, width) = (model.layers, model.width)
            (keyValueHeads, headWidth) = (model.keyValueHeads, model.headWidth)
        }
    }

    /// The tensors of a prompt.
    ///
    /// - Parameters:
    ///   - target: the model that the adapter is for.
    ///   - task: which task's rows, where several share the adapter.
    /// - Throws: ``PromptError/badAdapter(_:_:)`` where the adapter does not fit the model or has no such task.
    public func promptTensors(for target: Target, task: Int = 0) throws -> NamedTensors {
        guard let rows = tensors[Self.table] else { return changes() }
        switch configuration.kind {
        case .lora: return changes()
        case .prefixTuning: return try prefix(rows, target)
        case .promptTuning, .pTuning: return try soft(rows, target)
        case .multitaskPromptTuning(let tasks, let ranks):
            guard (0..<tasks).contains(task) else {
                throw PromptError.badAdapter("the adapter", "it has tasks 0 to \(tasks - 1), not \(task)")
            }
            return try soft(rows * share(of: task, ranks: ranks, rows.shape), target)
        }
    }

    private func soft(_ rows: Tensor, _ target: Target) throws -> NamedTensors {
        guard rows.shape.width == target.width else {
            throw PromptError.badAdapter(
                "the adapter", "its rows are \(rows.shape.width) wide, the model's \(target.width)")
        }
        return NamedTensors([SoftPrompt.parameterName: rows])
    }

    /// What a task multiplies the shared rows by: the product of its two thin matrices (Wang et al. 2023).
    private func share(of task: Int, ranks: Int, _ shape: Shape) -> Tensor {
        func slice(_ name: String, _ slice: Shape) -> Tensor {
            let all = tensors[name]?.floats ?? []
            let part = all[task * slice.count..<(task + 1) * slice.count]
            return Tensor(Array(part), shape: slice, on: tensors[Self.table]?.backend ?? CPUBackend.shared)
        }
        return slice(Self.taskColumns, [shape[0], ranks])
            .matmul(slice(Self.taskRows, [ranks, shape.width]).transposed())
    }

    /// Column `(2 · layer + kind) · width + …` of PEFT's matrix is layer by layer here.
    private func prefix(_ table: Tensor, _ target: Target) throws -> NamedTensors {
        let width = target.keyValueHeads * target.headWidth
        guard table.shape.width == 2 * target.layers * width else {
            throw PromptError.badAdapter(
                "the adapter",
                "its rows hold \(table.shape.width) numbers, but keys and values of \(target.layers) layers of "
                    + "\(target.keyValueHeads) heads of \(target.headWidth) are \(2 * target.layers * width)")
        }
        let parts = (0..<2 * target.layers).map { table.columns($0 * width..<($0 + 1) * width) }
        return NamedTensors(Dictionary(uniqueKeysWithValues: zip(Prefix.names(layers: target.layers), parts)))
    }

    private func changes() -> NamedTensors {
        guard case .lora(let rank, let alpha, _) = configuration.kind else { return NamedTensors() }
        var changes = NamedTensors()
        for name in tensors.names {
            guard let tensor = tensors[name] else { continue }
            let own = DistilBERTNames.own(String(name.dropFirst(Self.loraPrefix.count)))
            changes[own] = tensor
            guard let end = own.range(of: ".lora_A.")?.lowerBound else { continue }
            changes["\(own[..<end]).\(LowRankChange.scalingName)"] = Tensor(
                repeating: Float(alpha) / Float(rank), shape: [1], on: tensor.backend)
        }
        return changes
    }
}

extension Prompt {
    /// A prompt of an adapter that PEFT wrote and a task that says what PEFT does not keep.
    ///
    /// Soft rows go in front of everything, as PEFT has them, unless the task's template has slots for them.
    /// - Parameters:
    ///   - adapter: what PEFT wrote.
    ///   - asked: the template, the label words and the limits.
    ///   - pretrained: the model that the adapter belongs to.
    ///   - task: which task's rows, where several share the adapter.
    /// - Throws: ``PromptError``, where adapter, template and model do not fit one another.
    public init(_ adapter: PEFTAdapter, _ asked: PromptTask, _ pretrained: PretrainedModel, task: Int = 0)
        throws
    {
        let template =
            try adapter.hasSoftRows ? asked.template.withSoftRows(adapter.rows, at: .front) : asked.template
        try self.init(
            method: adapter.method, asked, template: template,
            tensors: adapter.promptTensors(for: PEFTAdapter.Target(pretrained.model.traits), task: task),
            pretrained,
            settings: ["peft": adapter.kind], probing: [])
    }
}

// MARK: - From a prompt

extension PEFTAdapter {
    /// The adapter that PEFT would have for a prompt, nil where it has none: rows elsewhere than in front of everything,
    /// a prefix of some layers only, tuned weights, a head, or several of these at once.
    init?(_ prompt: Prompt) {
        let (tensors, model) = (prompt.tensors, prompt.manifest.model)
        let heads = model.heads ?? model.width / max(1, model.headWidth)
        // PEFT's rows are as wide as the layers' also where a model embeds in a narrower space, and fit nothing there.
        if let rows = prompt.softRows, tensors.count == 1, rows.shape.width == model.width,
            prompt.manifest.template.beginsWithAllSoftRows
        {
            let isPTuning = prompt.manifest.method == PTuning.name
            configuration = PEFTConfiguration(
                kind: isPTuning
                    ? .pTuning(encoder: "MLP", hidden: rows.shape.width, layers: 2) : .promptTuning,
                rows: rows.shape.rows, width: rows.shape.width, layers: model.layers, heads: heads)
            self.tensors = tensors
        } else if let table = Self.table(of: tensors, layers: model.layers) {
            configuration = PEFTConfiguration(
                kind: .prefixTuning, rows: table.shape.rows, width: model.keyValueHeads * model.headWidth,
                layers: model.layers, heads: model.keyValueHeads)
            self.tensors = NamedTensors([Self.table: table])
        } else if let (kind, changes) = Self.changes(in: tensors) {
            configuration = PEFTConfiguration(kind: kind)
            configuration.isTransposed = model.family == .gpt2
            self.tensors = changes
        } else {
            return nil
        }
        configuration.taskType = PEFTConfiguration.taskType(model.family)
    }

    /// PEFT's matrix of a prefix of all layers.
    private static func table(of tensors: NamedTensors, layers: Int) -> Tensor? {
        let names = Prefix.names(layers: layers)
        let parts = names.compactMap { tensors[$0] }
        guard parts.count == names.count, tensors.count == names.count, !parts.isEmpty else { return nil }
        return Tensor.joinColumns(parts)
    }

    private static func changes(in tensors: NamedTensors) -> (PEFTConfiguration.Kind, NamedTensors)? {
        var changes = NamedTensors()
        var (ranks, scalings, targets) = (Set<Int>(), Set<Float>(), Set<String>())
        for name in tensors.names {
            guard let tensor = tensors[name] else { continue }
            if name.hasSuffix("." + LowRankChange.scalingName) {
                scalings.insert(tensor.scalar)
            } else if name.hasSuffix(".lora_A.weight") || name.hasSuffix(".lora_B.weight") {
                let published = DistilBERTNames.published(name)
                if name.hasSuffix(".lora_A.weight") { ranks.insert(tensor.shape.rows) }
                targets.formUnion(published.split(separator: ".").dropLast(2).last.map { [String($0)] } ?? [])
                changes[loraPrefix + published] = tensor
            } else {
                return nil
            }
        }
        guard let rank = ranks.first, ranks.count == 1, let scaling = scalings.first, scalings.count == 1
        else {
            return nil
        }
        return (.lora(rank: rank, alpha: Double(scaling) * Double(rank), targets: targets.sorted()), changes)
    }

    /// Several prompts of one model as one MULTITASK_PROMPT_TUNING adapter, whose task `i` is prompt `i`.
    ///
    /// PEFT multiplies rows that all tasks share by the product of two thin matrices of a task (Wang et al. 2023). Prompts
    /// that were learned apart share nothing: the shared rows are ones, and the rank is the number of rows, so that
    /// PEFT computes each prompt to the last bit.
    /// - Throws: ``PromptError/badAdapter(_:_:)`` where a prompt has more than soft rows, or they do not fit one another.
    public init(multitask prompts: [Prompt]) throws {
        guard let first = prompts.first, let rows = first.softRows else {
            throw PromptError.badAdapter("the adapter", "it needs at least one prompt with soft rows")
        }
        for prompt in prompts {
            guard prompt.tensors.count == 1, prompt.softRows?.shape == rows.shape,
                prompt.manifest.model.fingerprint == first.manifest.model.fingerprint
            else {
                throw PromptError.badAdapter(
                    "the adapter",
                    "'\(prompt.id)' is not \(rows.shape) soft rows and nothing else, for the model of '\(first.id)'"
                )
            }
        }
        let (count, width, backend) = (rows.shape.rows, rows.shape.width, rows.backend)
        let unit = (0..<count * count).map { $0 % (count + 1) == 0 ? Float(1) : 0 }
        let model = first.manifest.model
        configuration = PEFTConfiguration(
            kind: .multitaskPromptTuning(tasks: prompts.count, ranks: count), rows: count, width: width,
            layers: model.layers, heads: model.heads ?? model.width / max(1, model.headWidth))
        configuration.taskType = PEFTConfiguration.taskType(model.family)
        tensors = NamedTensors([
            Self.table: Tensor(repeating: 1, shape: [count, width], on: backend),
            Self.taskColumns: Tensor(
                prompts.flatMap { _ in unit }, shape: [prompts.count, count, count], on: backend),
            Self.taskRows: Tensor(
                prompts.flatMap { $0.softRows?.floats ?? [] }, shape: [prompts.count, count, width],
                on: backend),
        ])
    }

    /// Writes the two files into a folder that exists.
    public func write(to folder: URL) throws {
        let file = folder.appendingPathComponent(PromptFolder.tensorsName)
        try SafetensorsFile.write(tensors, metadata: ["format": "pt"], to: file)
        try configuration.json().write(
            to: folder.appendingPathComponent(PromptFolder.configurationName), options: .atomic)
    }
}
