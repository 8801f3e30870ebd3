internal import Foundation

extension PromptTuning.Settings {
    /// The settings as names and values for a manifest, so that a run can be repeated.
    func described(rate: Float) -> [String: String] {
        var values: [String: String] = [
            "rows": "\(rows)", "placement": placement.rawValue, "steps": "\(steps)", "batch": "\(batch)",
            "rate": "\(rate)", "warmup": "\(warmup)", "batchesPerStep": "\(batchesPerStep)",
            "evaluationInterval": "\(evaluationInterval)", "seed": "\(seed)",
        ]
        values["gradientNormLimit"] = gradientNormLimit.map { "\($0)" }
        values["patience"] = patience.map { "\($0)" }
        values["optimizer"] = json(optimizer)
        values["initialisation"] = json(initialisation)
        return values
    }

    private func json(_ value: some Encodable) -> String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
    }
}
