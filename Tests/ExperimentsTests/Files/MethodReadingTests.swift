import Experiments
import Prompts
import Testing

@Suite struct MethodReadingTests {
    @Test func `settings that are not given are the method's defaults`() throws {
        #expect(try MethodChoice(named: "prompt-tuning", [:]) == .promptTuning(PromptTuning.Settings()))
        #expect(try MethodChoice(named: "deep-prompt", [:]) == .deepPrompt(DeepPrompt.Settings()))
        #expect(try MethodChoice(named: "linear-probe", [:]) == .modelTuning(.probe))
    }

    @Test func `each setting reaches its method`() throws {
        var soft = PromptTuning.Settings()
        (soft.rows, soft.placement, soft.initialisation) = (7, .end, .vocabulary)
        (soft.steps, soft.batch, soft.rate, soft.patience) = (9, 3, .automaticTimes(3), 2)
        #expect(
            try MethodChoice(
                named: "prompt-tuning",
                [
                    "soft-rows": "7", "placement": "end", "init": "vocabulary", "steps": "9", "batch": "3",
                    "rate": "automatic*3", "patience": "2",
                ]) == .promptTuning(soft))
        var deep = PrefixTuning.Settings()
        (deep.layers, deep.dropout, deep.initialisation) = ([0, 1, 2, 7], 0.2, .written("Hello"))
        deep.reparametrisation = PrefixEncoder.Settings(hidden: 64)
        #expect(
            try MethodChoice(
                named: "prefix-tuning",
                [
                    "layers": "0-2,7", "dropout": "0.2", "init": "written", "init-text": "Hello",
                    "encoder": "mlp",
                    "encoder-width": "64",
                ]) == .prefixTuning(deep))
        var lora = LoRA.Settings()
        (lora.rank, lora.alpha, lora.targets) = (4, 32, ["q_proj", "o_proj"])
        #expect(
            try MethodChoice(named: "lora", ["rank": "4", "alpha": "32", "targets": "q_proj,o_proj"])
                == .lora(lora))
        var tuning = ModelTuning.Settings()
        (tuning.tuned, tuning.readout) = (.topLayers(2), .classifier)
        #expect(
            try MethodChoice(named: "model-tuning", ["tuned": "top:2", "readout": "classifier"])
                == .modelTuning(tuning))
        var made = PTuning.Settings()
        (made.encoder, made.modelRate, made.tuned) = (.peftPerceptron(hidden: 32), 0.001, .topLayers(1))
        #expect(
            try MethodChoice(
                named: "p-tuning",
                ["encoder": "peft-mlp", "encoder-width": "32", "model-rate": "0.001", "tuned": "top:1"])
                == .pTuning(made))
    }

    @Test(arguments: [
        ("prompt-tuning", "rank", "4"), ("lora", "rank", "0"), ("lora", "rank", "many"),
        ("prefix-tuning", "layers", "3-1"),
        ("prefix-tuning", "init", "labels"), ("p-tuning", "encoder", "none"),
        ("model-tuning", "tuned", "top:0"),
        ("prompt-tuning", "soft-rows", "100000000000"), ("lora", "rank", "9223372036854775807"),
        ("prefix-tuning", "encoder-width", "64"), ("p-tuning", "encoder-width", "64"),
        ("p-tuning", "model-rate", "0.001"), ("prompt-tuning", "rate", "quick"),
        ("deep-prompt", "readout", "tagger"),
    ])
    func `a setting that the method does not have, or a value out of range, is refused`(
        method: String, name: String, value: String
    ) {
        #expect(throws: PromptError.self) { try MethodChoice(named: method, [name: value]) }
    }

    @Test func `an unknown method is refused with those there are`() {
        #expect { try MethodChoice(named: "magic", [:]) } throws: { "\($0)".contains("prompt-tuning") }
    }
}
