/// A prompt that cannot be made, saved, loaded or used.
public enum PromptError: Error, Sendable, CustomStringConvertible {
    /// A file of the artifact is not there.
    case missingFile(String)
    /// The folder is an adapter of PEFT, which says neither what is asked nor with which words.
    case noTemplate(String)
    /// The folder is there and may not be replaced.
    case exists(String)
    /// What is there is not replaced: it is more than a prompt.
    case notReplaced(String, reason: String)
    /// The folder cannot be written.
    case cannotWrite(String, reason: String)
    /// A save was killed halfway; the prompt before it is whole, under another name.
    case interrupted(String, kept: String)
    /// The manifest is not JSON, lacks a key, or breaks a rule.
    case badManifest(String, reason: String)
    /// The manifest was written by a later version.
    case laterFormat(String, found: Int, known: Int)
    /// The PEFT files are not what they should be.
    case badAdapter(String, String)
    /// The tensor file is not the one the manifest was written with: a save was interrupted, or a file
    /// exchanged.
    case tensorsChanged(String)
    /// A tensor holds infinities or what is no number.
    case notFinite(String, name: String)
    /// A row has no name to learn from.
    case noNames(String)
    /// The prompt was made for another model.
    case otherModel(prompt: String, expected: String, found: String)
    /// The tokenizer gives other tokens than the one the prompt was made with.
    case otherTokenizer(prompt: String)
    /// The prompt does not give the scores again that it gave when it was saved.
    case probeFailed(prompt: String, worst: Float)
    /// The prompt's rows do not fit the model.
    case wrongShape(prompt: String, expected: String, found: String)
    /// No prompt of this name was loaded.
    case unknownPrompt(String, known: [String])
    /// A label of the data has no words, or the other way round.
    case labelsDiffer(missing: [String], known: [String])
    /// A row to be tagged has more or fewer tags than words.
    case tagsDiffer(row: String, tokens: Int, tags: Int)
    /// A row to be tagged has a tag that is none of BIO notation.
    case badTag(row: String, tag: String)
    /// The answer of a row does not stand in its context where the row says.
    case answerElsewhere(row: String, answer: String, place: Int?, found: String)
    /// A row has nothing to learn from.
    case emptyTarget(row: String, field: String)
    /// The method cannot work with this model.
    case unsupportedModel(method: String, reason: String)
    /// The compiled block beside a prompt is not its own, or broken.
    case badCompiled(String, reason: String)
    /// A prompt has no part that could be computed beforehand.
    case cannotCompile(String, reason: String)
    /// A prompt that training cannot start from.
    case cannotStartFrom(String, reason: String)
    /// What a stopped run has left is damaged.
    case badCheckpoint(String, reason: String)
    /// A search or a filter of label words leaves a label without any.
    case noWordsLeft(label: String, reason: String)
    /// A setting is out of its range.
    case badSetting(name: String, value: String, allowed: String)

    /// One sentence: what, where, and what to do.
    public var description: String {
        switch self {
        case .missingFile(let path):
            "\(path) is missing; a prompt is a folder written by 'cloze train'"
        case .noTemplate(let path):
            "\(path) is an adapter that PEFT wrote, without template and label words; 'cloze predict' and 'cloze evaluate' take it with --template and --words"
        case .exists(let path):
            "\(path) exists already; choose another name, or pass --force to replace it"
        case .notReplaced(let path, let reason):
            "\(path) is not replaced: \(reason); choose another folder"
        case .cannotWrite(let path, let reason):
            "\(path) cannot be written: \(reason)"
        case .interrupted(let path, let kept):
            "a save of \(path) was interrupted; the prompt before it is whole in \(kept): move it back, or pass --force"
        case .badManifest(let path, let reason):
            "\(path) is not a manifest of a prompt: \(reason)"
        case .laterFormat(let path, let found, let known):
            "\(path) has format \(found), written by a later version of cloze; this one reads up to \(known), so update it"
        case .badAdapter(let path, let reason):
            "\(path) is not an adapter that cloze can use: \(reason)"
        case .tensorsChanged(let path):
            "\(path) is not the file that its manifest was written with; restore the folder or train the prompt again"
        case .notFinite(let path, let name):
            "\(path) is damaged: \(name) holds values that are no finite numbers"
        case .noNames(let dataset):
            "no train row of '\(dataset)' has a name: all tags are O, and there is nothing to learn"
        case .otherModel(let prompt, let expected, let found):
            "the prompt '\(prompt)' was made for \(expected), but the model is \(found); a soft prompt works with its own model only"
        case .otherTokenizer(let prompt):
            "the tokenizer gives other tokens than the one that the prompt '\(prompt)' was made with; use the model's own files"
        case .probeFailed(let prompt, let worst):
            "the prompt '\(prompt)' no longer gives the scores it was saved with (off by \(worst) nats); its files or the model's were changed"
        case .wrongShape(let prompt, let expected, let found):
            "the rows of the prompt '\(prompt)' are \(found), but \(expected) are needed"
        case .unknownPrompt(let name, let known):
            "there is no prompt '\(name)'; there are " + known.map { "'\($0)'" }.joined(separator: ", ")
        case .labelsDiffer(let missing, let known):
            "no words are given for \(missing.map { "'\($0)'" }.joined(separator: ", ")); the labels with words are "
                + known.map { "'\($0)'" }.joined(separator: ", ")
        case .tagsDiffer(let row, let tokens, let tags):
            "\(row) has \(tokens) tokens but \(tags) tags; give each token one tag"
        case .badTag(let row, let tag):
            "\(row) has the tag '\(tag)'; tags are O, B-KIND where a name of a kind begins, and I-KIND where it goes on"
        case .answerElsewhere(let row, let answer, let place, let found):
            place.map {
                "\(row) says that its answer '\(answer)' stands at \($0), but there the context has '\(found)'; count characters (code points) from 0"
            } ?? "\(row) has the answer '\(answer)', which is not in its context"
        case .emptyTarget(let row, let field):
            "\(row) has no text in the field '\(field)', which is to be written"
        case .unsupportedModel(let method, let reason):
            "\(method) does not work with this model: \(reason)"
        case .badCompiled(let prompt, let reason):
            "the compiled block of '\(prompt)' cannot be used: \(reason)"
        case .cannotCompile(let prompt, let reason):
            "the prompt '\(prompt)' cannot be compiled: \(reason)"
        case .cannotStartFrom(let prompt, let reason):
            "training cannot start from the prompt '\(prompt)': \(reason)"
        case .badCheckpoint(let path, let reason):
            "\(path) is no state that a run could go on from: \(reason); remove it to begin anew"
        case .noWordsLeft(let label, let reason):
            "no word is left for the label '\(label)': \(reason); loosen the filter or give other words"
        case .badSetting(let name, let value, let allowed):
            "\(name) is \(value), but must be \(allowed)"
        }
    }
}
