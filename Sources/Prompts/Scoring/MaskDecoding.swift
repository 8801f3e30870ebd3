/// In which order the masks of an answer of several tokens are filled where it is scored (Schick & Schütze
/// 2021b, §3.1).
///
/// For each answer the slot has as many masks as the answer has tokens; what is added up is the log-probability of
/// the answer's own token at the mask that is filled.
public enum MaskDecoding: String, CaseIterable, Codable, Sendable {
    /// The mask whose own token is the most likely is filled first, then the model looks again.
    case mostLikelyFirst = "max-first"
    /// From left to right, the model looking again after each.
    case leftToRight = "left-to-right"
    /// All at once: one look, no mask knows of the others' tokens.
    case parallel
}
