import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers

/// Where a model's chat template is looked for.
@Suite struct ChatTemplateLoadingTests {
    /// The command line's tiny model with other files in its folder.
    private func withFolder(_ files: [String: String], _ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "cloze-\(UUID().uuidString)")
        try FileManager.default.copyItem(
            at: Golden.folder.appendingPathComponent("command_line/model"), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        try body(folder)
    }

    private func text(_ files: [String: String]) throws -> String? {
        var text: String?
        try withFolder(files) { folder in
            let model = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            text = try model.chatTemplate?.render([ChatMessage(role: "user", content: "hi")])
        }
        return text
    }

    @Test func `a file of its own goes before the tokenizer's settings, a list's default before its others`()
        throws
    {
        let settings = #"{"chat_template": "settings {{ messages[0].content }}"}"#
        #expect(try text([:]) == nil)
        #expect(try text(["tokenizer_config.json": settings]) == "settings hi")
        #expect(try text(["tokenizer_config.json": settings, "chat_template.jinja": "file"]) == "file")
        let list = #"""
            {"chat_template": [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "usual"}]}
            """#
        #expect(try text(["tokenizer_config.json": list]) == "usual")
    }

    @Test
    func
        `special tokens are spelled in the template, and a bad template is an error only when it is asked for`()
        throws
    {
        try withFolder(["chat_template.jinja": "{{ eos_token is defined }}"]) { folder in
            let model = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            let end = model.tokenizer.specialTokens.end
            #expect(try model.chatTemplate?.specialTokens["eos_token"] == end.flatMap(model.tokenizer.piece))
        }
        try withFolder(["chat_template.jinja": "\n{% include 'x' %}"]) { folder in
            let model = try PretrainedModel(contentsOf: folder, on: CPUBackend.shared)
            #expect(throws: ChatTemplateError.unsupported(construct: "'include'", line: 2, column: 4)) {
                try model.chatTemplate
            }
        }
        for bad in [#"{"chat_template": []}"#, #"{"chat_template": 3}"#] {
            #expect(throws: (any Error).self) { try text(["tokenizer_config.json": bad]) }
        }
    }
}
