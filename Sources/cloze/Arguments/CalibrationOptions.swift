import ArgumentParser
import Datasets
import Foundation
import Prompts

/// How the labels' probabilities are corrected, and when no answer is given.
struct CalibrationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Correct the labels' probabilities: contextual, batch, temperature, bias; several with commas.",
            valueName: "methods"))
    var calibrate: String?

    @Option(help: ArgumentHelp("Labelled rows for what is fitted, beside --pool.", valueName: "file"))
    var heldOut: String?

    @Option(
        name: .customLong("content-free"),
        help: ArgumentHelp(
            "An input without content, for contextual calibration; may be repeated. 'N/A', '[MASK]' and '' by default.",
            valueName: "text"))
    var contentFree: [String] = []

    @Option(
        help: ArgumentHelp(
            "Answer only where so many held-out answers were right: 0.9.", valueName: "precision"))
    var abstain: Double?

    func validate() throws {
        _ = try methods
        if let abstain, !(abstain > 0 && abstain <= 1) {
            throw ValidationError("--abstain is \(abstain); write a share above 0 and at most 1")
        }
        let needsRows = try methods.contains(where: \.needsLabels) || abstain != nil
        if needsRows, heldOut == nil {
            throw ValidationError("--abstain and --calibrate temperature or bias need --held-out FILE")
        }
    }

    /// The corrections that are asked for.
    var methods: [LabelCalibration.Method] {
        get throws {
            try (calibrate ?? "").split(separator: ",").map { name in
                guard let method = LabelCalibration.Method(rawValue: String(name).trimmed) else {
                    let known = LabelCalibration.Method.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--calibrate does not know '\(name)'; there are \(known)")
                }
                return method
            }
        }
    }
}
