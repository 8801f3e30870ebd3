import Foundation
import TestSupport
import Testing

/// Label words that are searched or refined at the command line, on a masked and on a causal model.
@Suite struct WordSearchTests {
    private let place: Workplace
    private static let task = [
        "--data", "rows.jsonl", "--test", "rows.jsonl", "--template", "{text} It was {answer}.", "--words",
        "bad=terrible,good=great", "--per-label", "3",
    ]

    init() throws {
        place = try Workplace()
        let texts = ["a gem", "warm and funny", "good food", "kind people", "best hour", "great film"]
        let others = ["dull", "tired film", "bad food", "rude people", "worst hour", "terrible film"]
        let rows = zip(texts, others).map { good, bad in
            #"{"text": "\#(good)", "label": "good"}"# + "\n" + #"{"text": "\#(bad)", "label": "bad"}"#
        }
        try place.write("rows.jsonl", rows.joined(separator: "\n") + "\n")
        try place.write(
            "texts.jsonl", (texts + others).map { #"{"text": "\#($0)"}"# }.joined(separator: "\n"))
        try place.write("lists.txt", "good=good|great|best|funny|warm\nbad=bad|terrible|worst|dull|warm\n")
    }

    private func search(_ arguments: [String], on model: URL = Workplace.maskedModel) throws
        -> Program.Outcome
    {
        try place.cloze("search", on: model, Self.task + ["--output", "found"] + arguments)
    }

    /// The labels' probabilities for one text.
    private func predicted(_ arguments: [String], on model: URL) throws -> [String: Double] {
        let document = try place.cloze("predict", on: model, arguments + ["--json", "a gem"]).json()
        let first = (document["predictions"] as? [[String: Any]])?.first
        return first?["probabilities"] as? [String: Double] ?? [:]
    }

    @Test(arguments: ["petal", "avs", "lm-bff", "autoprompt"], [true, false])
    func `label words are found, saved, and taken by --words`(_ name: String, _ isMasked: Bool) throws {
        let model = isMasked ? Workplace.maskedModel : Workplace.model
        let count = name == "lm-bff" ? [] : ["--label-words", "2"]
        let few = name == "lm-bff" ? ["--word-candidates", "8"] : []
        let outcome = try search(["--words-only", "--word-search", name, "--json"] + count + few, on: model)
        #expect(outcome.status == 0, "\(outcome.messages)")
        let document = try outcome.json()
        let rows = document["rows"] as? [[String: Any]] ?? []
        #expect(
            rows.map { $0["name"] as? String } == ["majority class", "the task's own", "words by \(name)"])
        let words = try #require(document["words"] as? String)
        #expect(words.hasPrefix("bad=") && words.contains(",good="))
        // The words answer as the saved prompt does.
        let saved = try predicted(["--prompt", "found"], on: model)
        #expect(saved.count == 2)
        #expect(
            try predicted(["--template", "{text} It was {answer}.", "--words", words], on: model) == saved)
    }

    @Test func `a search of words is kept, and made again to the same numbers`() throws {
        #expect(try search(["--words-only", "--word-search", "petal"]).status == 0)
        let again = try place.cloze("runs", "reproduce", "last")
        #expect(again.status == 0 && again.output.contains("settings: the same"), "\(again.messages)")
        #expect(again.output.contains("All numbers are the same."))
    }

    @Test func `the report says the words as a shell takes them`() throws {
        let outcome = try search(["--words-only", "--word-search", "petal", "--word-score", "cross-entropy"])
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(outcome.output.contains("words     --words 'bad="))
    }

    @Test func `triggers are searched behind words of any search`() throws {
        let outcome = try search([
            "--word-search", "petal", "--label-words", "2", "--iterations", "1", "--candidates", "2",
            "--json",
        ])
        #expect(outcome.status == 0, "\(outcome.messages)")
        let words = try outcome.json()["words"] as? [String: [String]]
        #expect(words?.values.allSatisfy { $0.count == 2 } == true)
    }

    @Test func `lists are refined and calibrated, and their weights learned`() throws {
        let refine = ["--refine-words", "lists.txt", "--unlabelled", "texts.jsonl", "--rare-share", "0"]
        let outcome = try search(refine + ["--json"])
        #expect(outcome.status == 0, "\(outcome.messages)")
        let document = try outcome.json()
        let steps = document["steps"] as? [[String: Any]] ?? []
        #expect(
            steps.map { $0["name"] as? String }
                == ["listed", "known to the tokenizer", "different", "relevant"])
        #expect(steps.first?["counts"] as? [Int] == [5, 5] && steps[2]["counts"] as? [Int] == [4, 4])
        #expect(document["unlabelledRows"] as? Int == 12 && document["trainRows"] as? Int == 0)
        #expect(try predicted(["--prompt", "found"], on: Workplace.maskedModel).count == 2)
        let learned = try search(refine + ["--learn-weights", "--force", "--json"])
        #expect(learned.status == 0, "\(learned.messages)")
        #expect(try learned.json()["trainRows"] as? Int == 6)
        #expect(
            try place.cloze("inspect", place.folder.appendingPathComponent("found").path).output
                .contains("knowledgeable"))
    }

    @Test func `templates are generated, and taken by --template`() throws {
        let outcome = try search([
            "--generate-templates", "--template-tokens", "2", "--beams", "3", "--json", "--tune-templates",
            "2",
            "--tuning-steps", "2",
        ])
        #expect(outcome.status == 0, "\(outcome.messages)")
        let document = try outcome.json()
        let template = try #require(document["template"] as? String)
        #expect(template.contains("{text}") && template.contains("{answer}"))
        let templates = document["templates"] as? [[String: Any]] ?? []
        #expect(templates.count > 2 && templates.count { $0["tunedDev"] is Double } == 2)
        let saved = try predicted(["--prompt", "found"], on: Workplace.maskedModel)
        let typed = ["--template", template, "--words", "bad=terrible,good=great"]
        #expect(try predicted(typed, on: Workplace.maskedModel) == saved && saved.count == 2)
        let causal = try place.cloze(
            "search", on: Workplace.model, Self.task + ["--output", "other", "--generate-templates"])
        #expect(causal.status != 0 && causal.messages.contains("masked model"))
    }

    @Test func `a model is tuned with demonstrations behind the questions`() throws {
        let tuned = [
            "--method", "model-tuning", "--tuned", "top:1", "--steps", "2", "--demonstration-sets", "3",
            "--similar-share", "0.5", "--output", "tuned", "--json",
        ]
        let outcome = try place.cloze("train", on: Workplace.maskedModel, Self.task + tuned)
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(try predicted(["--prompt", "tuned"], on: Workplace.maskedModel).count == 2)
        let shown = try place.cloze("inspect", place.folder.appendingPathComponent("tuned").path)
        #expect(shown.output.contains("3 sets of an example a label behind each question, from 6 rows"))
        let causal = try place.cloze("train", on: Workplace.model, Self.task + tuned + ["--force"])
        #expect(causal.status != 0 && causal.messages.contains("left to right"))
        let alone = try place.cloze(
            "train", on: Workplace.maskedModel, Self.task + ["--similar-share", "0.5", "--output", "other"])
        #expect(alone.status == 64 && alone.messages.contains("--demonstration-sets"))
    }

    @Test func `readouts and prototypes are trained by name`() throws {
        for (index, method) in [
            ["--method", "linear-probe", "--readout", "soft-verbalizer", "--steps", "2"],
            ["--method", "prompt-tuning", "--soft-rows", "2", "--readout", "weighted-words", "--steps", "2"],
            ["--method", "protoverb"], ["--method", "protoverb", "--readout", "prototypes-and-words"],
        ].enumerated() {
            let outcome = try place.cloze(
                "train", on: Workplace.maskedModel,
                Self.task + method + ["--output", "trained\(index)", "--json"])
            #expect(outcome.status == 0, "\(method): \(outcome.messages)")
            let predicted = try place.cloze(
                "predict", on: Workplace.maskedModel, ["--prompt", "trained\(index)", "a gem"])
            #expect(predicted.status == 0, "\(method): \(predicted.messages)")
        }
    }

    @Test(arguments: [
        (["--refine-words", "absent.txt"], 66, "absent.txt"),
        (["--refine-words", "foreign.txt"], 65, "sports"),
        (["--refine-words", "broken.json"], 64, "is no list of words"),
        (
            ["--refine-words", "lists.txt", "--unlabelled", "texts.jsonl", "--rare-share", "1"], 64,
            "share of rare tokens"
        ),
        (
            ["--refine-words", "unknown.txt", "--unlabelled", "texts.jsonl", "--rare-share", "0"], 65,
            "no word is left for the label 'good'"
        ),
        (
            [
                "--refine-words", "split.txt", "--unlabelled", "texts.jsonl", "--rare-share", "0",
                "--longest-word", "1",
            ], 65, "is short enough"
        ), (["--refine-words", "lists.txt"], 64, "the number of unlabelled rows is 0"),
        (["--refine-words", "lists.txt", "--unlabelled", "other.jsonl"], 65, "text"),
        (["--words-only", "--refine-words", "lists.txt"], 64, "exclude each other"),
        (["--words-only", "--word-search", "lm-bff", "--label-words", "2"], 64, "one word a label"),
        (["--words-only", "--word-search", "avs", "--word-score", "cross-entropy"], 64, "petal"),
        (["--words-only", "--choose-by-dev"], 64, "lm-bff"),
        (["--learn-weights"], 64, "--refine-words"), (["--beams", "3"], 64, "--generate-templates"),
        (["--tuning-steps", "3"], 64, "--tune-templates"),
        (["--generate-templates", "--words-only"], 64, "keeps the task's words"),
        (
            ["--words-only", "--word-search", "petal", "--template", "{soft 2}{text} {answer}"], 64,
            "soft slots"
        ),
    ])
    func `bad input is said`(_ arguments: [String], _ status: Int32, _ words: String) throws {
        try place.write("foreign.txt", "good=good\nsports=football\n")
        try place.write("broken.json", "{\"good\": 3}")
        try place.write("unknown.txt", "good=Ω|Ψ\nbad=bad\n")
        try place.write("split.txt", "good=goodness\nbad=bad\n")
        try place.write("other.jsonl", #"{"title": "a match", "label": "sports"}"# + "\n")
        var asked = Self.task
        if let place = arguments.firstIndex(of: "--template") {
            asked[asked.firstIndex(of: "--template").map { $0 + 1 } ?? 0] = arguments[place + 1]
        }
        let rest = arguments.firstIndex(of: "--template").map { Array(arguments[..<$0]) } ?? arguments
        let outcome = try place.cloze(
            "search", on: Workplace.maskedModel, asked + ["--output", "found"] + rest)
        #expect(outcome.status == status, "\(outcome.status): \(outcome.messages)")
        #expect(outcome.messages.contains(words), "\(outcome.messages)")
    }

    @Test func `a readout that a method cannot train is refused`() throws {
        for arguments in [
            ["--method", "prompt-tuning", "--readout", "prototypes"],
            ["--method", "protoverb", "--readout", "classifier"],
        ] {
            let outcome = try place.cloze(
                "train", on: Workplace.maskedModel, Self.task + arguments + ["--output", "trained"])
            #expect(outcome.status == 64 && outcome.messages.contains("protoverb"))
        }
    }
}
