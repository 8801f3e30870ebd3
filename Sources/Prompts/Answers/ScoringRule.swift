/// How the scores of words become scores of labels.
///
/// The rules rank differently, so the choice is a part of a result. The first six read one position, the
/// answer slot; the others the whole words (and the first token of each). Where a label has several words,
/// `sum`, `first-token` and `probability-sum` add their probabilities; `single-word` refuses them;
/// `joint-softmax-…` and `mean-logit` average; the rest take the best word, since their scores are no
/// probabilities that could be added.
public enum ScoringRule: String, CaseIterable, Codable, Sendable {
    /// The logit of the label's only word, which is one token (PET, Schick & Schütze 2021).
    case singleWord = "single-word"
    /// The mean over a label's words of log softmax over the words of all labels; a word counts by its first
    /// token (OpenPrompt's ManualVerbalizer).
    case jointSoftmaxFirst = "joint-softmax-first"
    /// As ``jointSoftmaxFirst``, a word counts by its best token at the slot.
    case jointSoftmaxMax = "joint-softmax-max"
    /// As ``jointSoftmaxFirst``, a word counts by the mean of its tokens at the slot.
    case jointSoftmaxMean = "joint-softmax-mean"
    /// The mean of the logits of a label's words, each one token (PET's code).
    case meanLogit = "mean-logit"
    /// The summed probability of a label's words, each one token, among the whole vocabulary (AutoPrompt).
    case probabilitySum = "probability-sum"
    /// The log-probability of the whole word (lm-eval's `acc`).
    case sum
    /// The log-probability a token of the word (Brown et al. 2020, §2.4).
    case perToken = "per-token"
    /// The log-probability a byte of the word (lm-eval's `acc_bytes`); the space in front does not count.
    case perByte = "per-byte"
    /// The log-probability a Unicode scalar of the word (lm-eval's `acc_norm`), without the space in front.
    case perCharacter = "per-character"
    /// How much the prompt raises the word's log-probability over that behind a neutral text: behind nothing (lm-eval's
    /// `acc_mutual_info`), or behind one that the user gives, such as Brown et al. 2020's "Answer:" (§2.4).
    case mutualInformation = "pmi"
    /// The same, with the template's own words in front of the answer as the neutral text unless another is given
    /// (PMI_DC, Holtzman et al. 2021, §3).
    case domainMutualInformation = "domain-pmi"
    /// The log-probability of the word's first token.
    case firstToken = "first-token"

    /// Whether the words are scored behind a neutral text, too.
    public var needsNeutralText: Bool { self == .mutualInformation || self == .domainMutualInformation }

    /// Whether whole answers are scored, however long, so that choices of a row can be.
    public var scoresWholeAnswers: Bool {
        switch self {
        case .sum, .perToken, .perByte, .perCharacter, .mutualInformation, .domainMutualInformation,
            .firstToken:
            true
        default: false
        }
    }
}
