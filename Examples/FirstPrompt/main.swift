import Datasets
import Foundation
import Models
import Prompts
import Tensors

let model = try PretrainedModel(contentsOf: URL(filePath: "smollm2-135m.gguf"), on: CPUBackend.shared)
let rows = try Dataset(contentsOf: URL(filePath: "Examples/Data/sib200_en/pool.jsonl"))
let task = PromptTask(
    name: "topics", template: try Template("Text: {text}\nTopic: {answer}"),
    verbalizer: try Verbalizer(labels: rows.labels, words: rows.labels))
let split = try FewShotSplit(rows, perLabel: 16, seed: 0)
let prompt = try PromptTuning(PromptTuning.Settings()).fit(split, task, to: model, RunContext())
let ferry = Example(fields: ["text": "The ferry leaves for the island every morning at eight."])
print(try Predictor([prompt], model).predict([ferry], with: prompt.id)[0].label)
