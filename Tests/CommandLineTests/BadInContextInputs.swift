import Foundation

extension BadInputTests {
    private static let evaluation = ["--data", "test.jsonl"] + Workplace.question

    private static func evaluate(_ more: String...) -> [String] {
        ["evaluate", "--model", Workplace.model.path] + evaluation + more
    }

    private static func choices(_ place: Workplace, _ row: String) throws -> [String] {
        try place.write("choices.jsonl", row + "\n")
        return [
            "evaluate", "--model", Workplace.model.path, "--template", "{text} {answer}", "--choices",
            "choices",
            "--data", "choices.jsonl",
        ]
    }

    /// What can be wrong with examples, corrections and choices.
    static let inContextInputs: [BadInput] = [
        BadInput("more-shots-than-fit", 64) { _ in
            evaluate("--shots", "10", "--pool", "pool.jsonl", "--limit", "60")
        },
        BadInput("more-shots-than-rows", 65) { _ in evaluate("--shots", "21", "--pool", "pool.jsonl") },
        BadInput("shots-without-pool", 64) { _ in evaluate("--shots", "2") },
        BadInput("too-many-shots", 64) { _ in evaluate("--shots", "5000", "--pool", "pool.jsonl") },
        BadInput("label-without-examples", 65) { place in
            try place.write(
                "one.jsonl",
                "{\"text\":\"a\",\"label\":\"positive\"}\n{\"text\":\"b\",\"label\":\"positive\"}\n")
            return evaluate("--shots", "2", "--pool", "one.jsonl", "--select", "balanced")
        },
        BadInput("seeds-that-are-none", 64) { _ in
            evaluate("--shots", "2", "--pool", "pool.jsonl", "--demo-seeds", "4..1")
        },
        BadInput("save-of-several-draws", 64) { _ in
            evaluate("--shots", "2", "--pool", "pool.jsonl", "--demo-seeds", "0..1", "--save", "out")
        },
        BadInput("calibration-unknown", 64) { _ in evaluate("--calibrate", "platt") },
        BadInput("temperature-without-rows", 64) { _ in evaluate("--calibrate", "temperature") },
        BadInput("too-few-held-out-rows", 65) { _ in
            evaluate("--abstain", "0.9", "--held-out", "pool.jsonl")
        },
        BadInput("equal-choices", 65) { place in
            try choices(place, #"{"text":"x","choices":["a gem","a gem "],"label":0,"id":"row-7"}"#)
        },
        BadInput("empty-choice", 65) { place in
            try choices(place, #"{"text":"x","choices":["a gem",""],"label":0,"id":"row-7"}"#)
        },
        BadInput("no-choices", 65) { place in
            try choices(place, #"{"text":"x","label":0,"id":"row-7"}"#)
        },
        BadInput("compile-nothing", 69) { _ in
            ["compile", "--model", Workplace.model.path, "--output", "out"] + Workplace.question
        },
    ]
}
