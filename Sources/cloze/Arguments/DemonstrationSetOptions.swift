import ArgumentParser
import Prompts

/// Demonstrations behind each question of a masked model (LM-BFF).
struct DemonstrationSetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show an example of each label behind the question, on a masked model: a new set each step, and so many sets in use.",
            valueName: "count"))
    var demonstrationSets: Int?

    @Option(
        help: ArgumentHelp(
            "Draw demonstrations among this share of a label's rows, the most similar.", valueName: "share"))
    var similarShare: Float?

    @Option(
        help: ArgumentHelp(
            "A sentence encoder that compares texts; the model itself where none is given.",
            valueName: "model"))
    var sentenceEncoder: String?

    func validate() throws {
        if demonstrationSets == nil, similarShare != nil {
            throw ValidationError("--similar-share goes with --demonstration-sets")
        }
        if similarShare == nil, sentenceEncoder != nil {
            throw ValidationError("--sentence-encoder goes with --similar-share")
        }
    }

    /// What is drawn; nil for nothing.
    func settings(seed: UInt64) -> DemonstrationSets.Settings? {
        demonstrationSets.map { count in
            var settings = DemonstrationSets.Settings()
            (settings.count, settings.similarShare, settings.seed) = (count, similarShare, seed)
            return settings
        }
    }

    /// What compares texts; nil for the model itself.
    func vectorizer(_ console: Console) throws -> (any TextVectorizer)? {
        try DemonstrationOptions.vectorizer(sentenceEncoder, console)
    }
}
