import ArgumentParser
import Experiments
import Prompts

/// How a prompt is learned.
struct MethodOptions: ParsableArguments {
    /// The methods.
    enum Method: String, CaseIterable, ExpressibleByArgument {
        case promptTuning = "prompt-tuning"
        case prefixTuning = "prefix-tuning"
        case pTuning = "p-tuning"
        case deepPrompt = "deep-prompt"
        case lora
        case modelTuning = "model-tuning"
        case linearProbe = "linear-probe"
        case protoverb
    }

    /// How soft rows, or keys and values, start.
    enum Start: String, CaseIterable, ExpressibleByArgument {
        case text, vocabulary, labels, random, written
    }

    /// The networks that make rows, or keys and values, in training.
    enum Encoder: String, CaseIterable, ExpressibleByArgument {
        case none, mlp, lama, fewglue
        case fewglueMLP = "fewglue-mlp"
        case peftLSTM = "peft-lstm"
        case peftMLP = "peft-mlp"
    }

    @Option(help: ArgumentHelp("How the prompt is learned.", valueName: "method"))
    var method: Method = .promptTuning

    @Option(
        help: ArgumentHelp(
            "How many rows the prompt gets; the method's own number by default.", valueName: "count"))
    var softRows: Int?

    @Option(name: .customLong("init"), help: ArgumentHelp("How the rows start.", valueName: "start"))
    var start: Start?

    @Option(
        help: ArgumentHelp("The text that they start from, with --init text or written.", valueName: "text"))
    var initText: String?

    @Option(
        help: ArgumentHelp("Where the soft rows stand, if the template does not say.", valueName: "place"))
    var placement: PromptTuning.Placement?

    @Option(help: ArgumentHelp("Which network makes the rows in training, if any.", valueName: "network"))
    var encoder: Encoder?

    @Option(help: ArgumentHelp("The width of that network.", valueName: "count"))
    var encoderWidth: Int?

    @Option(help: ArgumentHelp("The layers that get keys and values, such as 0-3,7.", valueName: "layers"))
    var layers: String?

    @Option(help: ArgumentHelp("The share of a prefix that is zeroed in training.", valueName: "share"))
    var dropout: Float?

    @Option(
        help: ArgumentHelp(
            "How answers are read: labels by words or a head, or tags, spans and texts.", valueName: "readout"
        ))
    var readout: Readout?

    /// The readout, if it gives labels.
    var labelReadout: Readout? { readout.flatMap { Readout.ofLabels.contains($0) ? $0 : nil } }

    @Option(
        help: ArgumentHelp("Weights of the model that are tuned: all, top:K or none.", valueName: "weights"))
    var tuned: String?

    @Option(help: ArgumentHelp("The rate of the model's own weights beside a prompt's.", valueName: "rate"))
    var modelRate: Float?

    @Option(help: ArgumentHelp("The rank of LoRA's changes.", valueName: "count"))
    var rank: Int?

    @Option(help: ArgumentHelp("LoRA's changes are multiplied by this over the rank.", valueName: "number"))
    var alpha: Float?

    @Option(help: ArgumentHelp("The maps that LoRA changes, such as q_proj,v_proj.", valueName: "names"))
    var targets: String?

    @Option(
        help: ArgumentHelp(
            "Start from another task's prompt of the same method and size.", valueName: "folder"))
    var startFrom: String?

    @Option(help: ArgumentHelp("How many steps of training.", valueName: "count"))
    var steps: Int?

    @Option(help: ArgumentHelp("How many examples a step learns from.", valueName: "count"))
    var batch: Int = LearningSettings().batch

    @Option(
        help: ArgumentHelp(
            "The learning rate: automatic, automatic*3, range-test or a number.", valueName: "rate"))
    var rate: String = "automatic"

    @Option(
        help: ArgumentHelp(
            "What is made smaller: the margin for a masked model's words of several tokens, else the cross-entropy.",
            valueName: "loss"))
    var loss: AnswerLoss?

    @Option(help: ArgumentHelp("End after so many looks at dev without a better score.", valueName: "count"))
    var patience: Int?

    func validate() throws {
        if initText != nil, start ?? .text != .text, start != .written {
            throw ValidationError("--init-text goes with --init text or --init written")
        }
        if let readout, (method == .protoverb) != readout.isOfPrototypes {
            throw ValidationError(
                "--readout \(readout.rawValue) does not go with --method \(method.rawValue); prototypes and "
                    + "prototypes-and-words go with protoverb only, and protoverb with them")
        }
        if startFrom != nil, start != nil {
            throw ValidationError("--init does not go with --start-from, which says how the rows start")
        }
        try refuseForeignOptions()
        do { _ = try choice(seed: 0) } catch PromptError.badSetting(let name, let value, let allowed) {
            throw ValidationError("--\(name) is \(value), but must be \(allowed)")
        }
    }

    /// Options that the method does not have would be ignored without a word.
    private func refuseForeignOptions() throws {
        let given: [(name: String, isGiven: Bool, methods: Set<Method>)] = [
            ("--soft-rows", softRows != nil, [.promptTuning, .prefixTuning, .pTuning, .deepPrompt]),
            ("--init", start != nil, [.promptTuning, .prefixTuning, .deepPrompt]),
            ("--init-text", initText != nil, [.promptTuning, .prefixTuning, .deepPrompt]),
            ("--placement", placement != nil, [.promptTuning, .pTuning]),
            ("--encoder", encoder != nil, [.prefixTuning, .pTuning, .deepPrompt]),
            ("--encoder-width", encoderWidth != nil, [.prefixTuning, .pTuning, .deepPrompt]),
            ("--layers", layers != nil, [.prefixTuning, .deepPrompt]),
            ("--dropout", dropout != nil, [.prefixTuning, .deepPrompt]),
            ("--tuned", tuned != nil, [.pTuning, .modelTuning]),
            ("--model-rate", modelRate != nil, [.pTuning]),
            ("--rank", rank != nil, [.lora]), ("--alpha", alpha != nil, [.lora]),
            ("--targets", targets != nil, [.lora]),
        ]
        for option in given where option.isGiven && !option.methods.contains(method) {
            let methods = option.methods.map(\.rawValue).sorted().joined(separator: ", ")
            throw ValidationError(
                "\(option.name) does not go with --method \(method.rawValue), only with \(methods)")
        }
    }

    /// Throws where a template has soft slots, and the options say something of the rows that it would not have.
    func check(_ template: Template) throws {
        guard template.hasSoftRows else { return }
        for (name, isGiven) in [("--soft-rows", softRows != nil), ("--placement", placement != nil)]
        where isGiven {
            throw UsageError(
                "\(name) goes with a template without {soft}; this one says where its rows stand")
        }
    }

    /// The method with its settings; an option that is not given leaves the method's default.
    func choice(seed: UInt64) throws -> MethodChoice {
        let given: [String: String?] = [
            "soft-rows": softRows.map { "\($0)" }, "init": start?.rawValue, "init-text": initText,
            "placement": placement?.rawValue, "encoder": encoder?.rawValue,
            "encoder-width": encoderWidth.map { "\($0)" }, "layers": layers,
            "dropout": dropout.map { "\($0)" },
            "readout": labelReadout?.rawValue, "tuned": tuned, "model-rate": modelRate.map { "\($0)" },
            "rank": rank.map { "\($0)" }, "alpha": alpha.map { "\($0)" }, "targets": targets,
            "steps": steps.map { "\($0)" }, "batch": "\(batch)", "rate": rate,
            "patience": patience.map { "\($0)" }, "loss": loss?.rawValue,
        ]
        var choice = try MethodChoice(named: method.rawValue, given.compactMapValues(\.self))
        choice.learning.seed = seed
        return choice
    }
}
