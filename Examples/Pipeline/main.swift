import Datasets
import Foundation
import Models
import Prompts
import Tensors

// The three steps of prompting on one Korean sentence: put it into a pattern, ask the model how likely each answer is,
// map the answer to a label.   swift run Pipeline MODEL [SENTENCE]
let arguments = Array(CommandLine.arguments.dropFirst())
guard let path = arguments.first else {
    FileHandle.standardError.write(Data("usage: Pipeline MODEL [SENTENCE]\n".utf8))
    exit(64)
}
let model = try PretrainedModel(contentsOf: URL(filePath: path), on: CPUBackend.shared)
let sentence =
    arguments.dropFirst().first
    ?? "국내 IT 업계가 인공지능 반도체와 클라우드 소프트웨어 개발에 나섰다."

// 1. Prompt addition: the sentence is {text} (x), the answer's place is {answer} (z).
let template = try Template("이 기사는 {answer}에 관한 내용입니다: {text}")

// 2. Answer search: five answers are candidates. 3. Answer mapping: each means one of four labels.
let verbalizer = try Verbalizer([
    "비즈니스": ["경제", "복지"], "스포츠": ["문화"], "과학": ["기술"], "글로벌": ["여행"],
])
let task = PromptTask(name: "news", template: template, verbalizer: verbalizer)
let trace = try Predictor([Prompt(text: task, model)], model)
    .trace(Example(fields: ["text": sentence]), with: "news")

print("1. prompt\n   \(trace.prompt)")
print("2. answers")
for answer in trace.answers {
    let percent = String(format: "%5.1f %%", answer.probability * 100)
    print("   \(answer.text)  \(percent)  \(answer.label.map { "→ \($0)" } ?? "")")
}
print("3. label\n   \(trace.label ?? "none")")
