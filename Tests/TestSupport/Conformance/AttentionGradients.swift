import Tensors
import Testing

extension BackendConformance {
    static let attentionGradients: [BackendCase] = [
        BackendCase(name: "gradients of attention agree with finite differences", run: differences),
        BackendCase(name: "a shared past gets the sum of its readers' gradients", run: sharedPasts),
        BackendCase(name: "a past off the tape gets no gradient", run: frozenPasts),
    ]

    @Sendable private static func differences(_ backend: any Backend) {
        var random = RandomTensors(seed: 91, on: backend)
        for setting in [
            AttentionSetting(lengths: [1]),
            AttentionSetting(lengths: [3, 0, 5], pastRows: [2, 3, 1], pastsOf: [[0, 1], [1], [1]]),
            AttentionSetting(lengths: [4, 2], pastRows: [3], pastsOf: [[0], [0]], isCausal: false),
            AttentionSetting(lengths: [6], pastRows: [4], pastsOf: [[0]], window: 3),
            AttentionSetting(lengths: [6], pastRows: [4], pastsOf: [[0]], isCausal: false, window: 3),
            AttentionSetting(
                lengths: [65], pastRows: [2], pastsOf: [[0]], heads: 2, keyValueHeads: 1, width: 3),
            // The same block twice in one chain.
            AttentionSetting(lengths: [2], pastRows: [2], pastsOf: [[0, 0]]),
        ] {
            let tensors = setting.tensors(&random)
            expectGradient(
                of: { setting.attend($0) }, at: tensors,
                "\(setting.lengths), \(setting.pastsOf), causal \(setting.isCausal), \(setting.window ?? 0)"
            )
        }
    }

    @Sendable private static func sharedPasts(_ backend: any Backend) {
        var random = RandomTensors(seed: 92, on: backend)
        let setting = AttentionSetting(lengths: [3, 2, 4], pastRows: [5], pastsOf: [[0], [], [0]])
        let tensors = setting.tensors(&random)
        let together = gradients(setting, tensors)
        var (start, keys, values) = (0, tensors[3].scaled(by: 0), tensors[3].scaled(by: 0))
        for (sequence, length) in setting.lengths.enumerated() {
            var alone = setting
            alone.lengths = [length]
            alone.pastsOf = [setting.pastsOf[sequence]]
            let own = tensors[..<3].map { $0.rows(start..<start + length) } + tensors[3...]
            let shares = gradients(alone, own)
            if let share = shares["3"], let other = shares["4"] {
                (keys, values) = (keys + share, values + other)
            }
            start += length
        }
        expectClose(together["3"]?.floats ?? [], keys.floats, absolute: 2e-6, "keys")
        expectClose(together["4"]?.floats ?? [], values.floats, absolute: 2e-6, "values")
    }

    @Sendable private static func frozenPasts(_ backend: any Backend) {
        var random = RandomTensors(seed: 93, on: backend)
        let setting = AttentionSetting(lengths: [3], pastRows: [2, 2], pastsOf: [[0, 1]])
        let tensors = setting.tensors(&random)
        let all = gradients(setting, tensors)
        let tape = Tape()
        var some = tensors
        some[0] = tape.watch(tensors[0], as: "0")
        some[5] = tape.watch(tensors[5], as: "5")
        let output = setting.attend(some)
        let partial = tape.gradients(of: (output * output.detached).sum())
        #expect(partial.names == ["0", "5"])
        for name in partial.names { expectClose(partial[name]?.floats ?? [], all[name]?.floats ?? [], name) }
        let alone = Tape()
        some[0] = tensors[0]
        some[5] = alone.watch(tensors[5], as: "5")
        let last = setting.attend(some)
        let onlyPast = alone.gradients(of: (last * last.detached).sum())
        expectClose(onlyPast["5"]?.floats ?? [], all["5"]?.floats ?? [], "only a past's keys")
    }

    private static func gradients(_ setting: AttentionSetting, _ tensors: [Tensor]) -> NamedTensors {
        let tape = Tape()
        let output = setting.attend(tensors.enumerated().map { tape.watch($1, as: String($0)) })
        return tape.gradients(of: (output * output.detached).sum())
    }
}
