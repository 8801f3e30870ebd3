import ArgumentParser
import Prompts

/// How a prompt is learned.
struct MethodOptions: ParsableArguments {
    /// How soft rows start.
    enum Start: String, CaseIterable, ExpressibleByArgument {
        case text, vocabulary, labels, random
    }

    @Option(help: ArgumentHelp("How many soft rows the prompt gets, 1 to 150.", valueName: "count"))
    var softRows: Int = 20

    @Option(name: .customLong("init"), help: ArgumentHelp("How the soft rows start.", valueName: "start"))
    var start: Start = .text

    @Option(help: ArgumentHelp("The text that they start from.", valueName: "text"))
    var initText: String?

    @Option(
        help: ArgumentHelp("Where the soft rows stand, if the template does not say.", valueName: "place"))
    var placement: PromptTuning.Placement = .front

    @Option(help: ArgumentHelp("How many steps of training.", valueName: "count"))
    var steps: Int = PromptTuning.Settings().steps

    @Option(help: ArgumentHelp("How many examples a step learns from.", valueName: "count"))
    var batch: Int = PromptTuning.Settings().batch

    @Option(help: ArgumentHelp("The learning rate: automatic, range-test or a number.", valueName: "rate"))
    var rate: String = "automatic"

    @Option(help: ArgumentHelp("End after so many looks at dev without a better score.", valueName: "count"))
    var patience: Int?

    func validate() throws {
        if initText != nil, start != .text { throw ValidationError("--init-text goes with --init text") }
        _ = try parsedRate()
    }

    /// The settings of the method.
    func settings(seed: UInt64) throws -> PromptTuning.Settings {
        var settings = PromptTuning.Settings()
        settings.rows = softRows
        settings.placement = placement
        settings.initialisation =
            switch start {
            case .text: .text(initText ?? SoftInitialisation.defaultText)
            case .vocabulary: .vocabulary
            case .labels: .labels
            case .random: .random
            }
        settings.steps = steps
        settings.batch = batch
        settings.rate = try parsedRate()
        settings.patience = patience
        settings.seed = seed
        return settings
    }

    private func parsedRate() throws -> LearningRate {
        switch rate {
        case "automatic": return .automatic
        case "range-test": return .rangeTest
        default:
            guard let number = Float(rate), number > 0, number.isFinite else {
                throw ValidationError("--rate is '\(rate)'; write automatic, range-test or a number above 0")
            }
            return .fixed(number)
        }
    }
}
