import Foundation
import TestSupport

extension BadInputTests {
    private static func pet(_ model: URL = Workplace.maskedModel, _ more: String...) -> [String] {
        [
            "pet", "--model", model.path, "--data", "pool.jsonl", "--test", "test.jsonl", "--per-label", "2",
            "--seeds",
            "1", "--steps", "1", "--distillation-steps", "1",
        ] + Workplace.question + more
    }

    /// A copy of the tiny masked model.
    private static func copy(_ place: Workplace) throws -> URL {
        let copy = place.folder.appendingPathComponent("copy")
        try FileManager.default.copyItem(at: Workplace.maskedModel, to: copy)
        return copy
    }

    /// What can be wrong with masked models and what they are asked.
    static let maskedInputs: [BadInput] = [
        BadInput("masked-without-mask-token", 78) { place in
            let model = try copy(place)
            for name in ["tokenizer.json", "tokenizer_config.json"] {
                let file = model.appendingPathComponent(name)
                let text = try String(contentsOf: file, encoding: .utf8)
                try text.replacingOccurrences(of: "[MASK]", with: "[HOLE]")
                    .replacingOccurrences(of: "mask_token", with: "hole_token")
                    .write(to: file, atomically: true, encoding: .utf8)
            }
            return pet(model)
        },
        BadInput("masked-program-in-weights", 65) { place in
            let model = try copy(place)
            try FileManager.default.removeItem(at: model.appendingPathComponent("model.safetensors"))
            try FileManager.default.copyItem(
                at: Golden.folder.appendingPathComponent("checkpoints/attack.bin"),
                to: model.appendingPathComponent("pytorch_model.bin"))
            return pet(model)
        },
        BadInput("masked-pattern-without-slot", 64) { _ in
            pet(Workplace.maskedModel, "--pattern", "{text} It was great.")
        },
        BadInput("masked-unknown-word", 78) { _ in
            pet(Workplace.maskedModel, "--words", "negative=terrible,positive=Ω")
        },
        BadInput("masked-split-word", 64) { _ in
            [
                "evaluate", "--model", Workplace.maskedModel.path, "--data", "test.jsonl", "--template",
                "{text} It was {answer}.", "--words", "negative=terrible,positive=funny", "--rule",
                "single-word",
            ]
        },
        BadInput("masked-word-longer-than-masks", 64) { _ in
            pet(
                Workplace.maskedModel, "--pattern", "{text} It was {answer 1}.", "--words",
                "negative=bad,positive=funny")
        },
        BadInput("unlabelled-without-field", 65) { place in
            try place.write("other.jsonl", #"{"title": "a film", "label": "sports"}"# + "\n")
            return pet(Workplace.maskedModel, "--unlabelled", "other.jsonl")
        },
        BadInput("unlabelled-empty", 65) { place in
            try place.write("other.jsonl", "")
            return pet(Workplace.maskedModel, "--unlabelled", "other.jsonl")
        },
    ]
}
