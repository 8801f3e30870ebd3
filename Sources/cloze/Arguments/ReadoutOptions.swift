import ArgumentParser
import Datasets
import Experiments
import Foundation
import Models
import Prompts

/// What tags, spans and texts need that labels do not.
struct ReadoutOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many rows of the pool are learned from; all of them by default.", valueName: "count"))
    var trainRows: Int?

    @Option(
        help: ArgumentHelp(
            "How many dev rows are chosen by; 30 % of the train rows, up to 100, by default.",
            valueName: "count"))
    var devRows: Int?

    @Option(
        help: ArgumentHelp("The field with the texts to be written, a list or one text.", valueName: "field"))
    var target: String = "references"

    @Option(
        help: ArgumentHelp(
            "How many tokens further on the next part of a long context begins.", valueName: "count"))
    var stride: Int = SpanSettings().stride

    @Option(help: ArgumentHelp("How many tokens a span may have.", valueName: "count"))
    var longestAnswer: Int = SpanSettings().longestAnswer

    func validate() throws {
        let counts = [
            ("train-rows", trainRows), ("dev-rows", devRows), ("stride", stride),
            ("longest-answer", longestAnswer),
        ]
        for (name, count) in counts {
            if let count, count < 1 { throw ValidationError("--\(name) is \(count); write 1 or more") }
        }
    }

    /// The options that were given and have nothing to do with labels.
    var given: [String] {
        let own = SpanSettings()
        let all = [
            ("--train-rows", trainRows != nil), ("--dev-rows", devRows != nil),
            ("--target", target != "references"), ("--stride", stride != own.stride),
            ("--longest-answer", longestAnswer != own.longestAnswer),
        ]
        return all.filter(\.1).map(\.0)
    }

    var spans: SpanSettings {
        var settings = SpanSettings()
        (settings.stride, settings.longestAnswer) = (stride, longestAnswer)
        return settings
    }
}

/// How texts are written.
struct WritingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many tokens a text may have.", valueName: "count"))
    var longestText: Int?

    @Option(help: ArgumentHelp("Search with so many beams.", valueName: "count"))
    var beams: Int?

    @Option(
        help: ArgumentHelp(
            "Beams' log-probabilities are divided by their length to this power.", valueName: "number"))
    var lengthPenalty: Float = 1

    @Option(help: ArgumentHelp("Draw tokens, at this temperature.", valueName: "number"))
    var temperature: Float?

    @Option(help: ArgumentHelp("Draw from so many of the likeliest tokens.", valueName: "count"))
    var topK: Int?

    @Option(
        help: ArgumentHelp(
            "Draw from the fewest tokens that have this probability together.", valueName: "share"))
    var topP: Float?

    @Option(help: ArgumentHelp("Decides what is drawn.", valueName: "number"))
    var drawSeed: UInt64 = 0

    @Flag(help: "Let texts have several lines.")
    var severalLines = false

    private var draws: Bool { temperature != nil || topK != nil || topP != nil }

    /// The options that were given.
    var given: [String] {
        let all = [
            ("--longest-text", longestText != nil), ("--beams", beams != nil),
            ("--temperature", temperature != nil), ("--top-k", topK != nil), ("--top-p", topP != nil),
            ("--several-lines", severalLines),
        ]
        return all.filter(\.1).map(\.0)
    }

    func validate() throws {
        if let longestText, !(2...1_000_000).contains(longestText) {
            throw ValidationError("--longest-text is \(longestText); write 2 to 1000000")
        }
        if let beams, !(1...1000).contains(beams) {
            throw ValidationError("--beams is \(beams); write 1 to 1000")
        }
        if beams != nil, draws {
            throw ValidationError(
                "--beams goes without --temperature, --top-k and --top-p: beams are not drawn")
        }
        if !lengthPenalty.isFinite { throw ValidationError("--length-penalty is no number") }
        if let temperature, !(temperature > 0 && temperature.isFinite) {
            throw ValidationError("--temperature is \(temperature); write a number above 0")
        }
        if let topK, topK < 1 { throw ValidationError("--top-k is \(topK); write 1 or more") }
        if let topP, !(topP > 0 && topP <= 1) {
            throw ValidationError("--top-p is \(topP); write a share above 0, up to 1")
        }
    }

    /// The settings of a prompt with what the command line says laid over them.
    func settings(over own: TextSettings) -> TextSettings {
        var settings = own
        settings.tokenLimit = longestText ?? settings.tokenLimit
        if let beams { settings.beams = BeamSettings(width: beams, lengthPenalty: lengthPenalty) }
        if draws {
            settings.beams = nil
            settings.choice = .sampling(
                SamplingSettings(temperature: temperature ?? 1, topK: topK, topP: topP ?? 1, seed: drawSeed))
        }
        if severalLines { settings.endsWithLine = false }
        return settings
    }
}
