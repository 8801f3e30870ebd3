import Tokenizers

/// The text runs of a rendered prompt while its fields are being shortened.
struct Filling {
    struct Run {
        var segments: [Segment]
        var isBeforeAnswer = false

        /// Text in front of an answer ends in no spaces, wherever it was cut.
        var text: String {
            let text = segments.map(\.text).joined()
            return isBeforeAnswer ? text.withoutFinalSpaces : text
        }
    }

    struct Segment {
        let original: RenderedSegment
        let isBehindSeparator: Bool
        var text: String
        var tokens: [Int32] = []
        var cut = 0
    }

    private(set) var runs: [Run] = []

    init(_ prompt: RenderedPrompt) {
        var isBehindSeparator = false
        for (index, piece) in prompt.pieces.enumerated() {
            switch piece {
            case .run(let segments):
                let side = isBehindSeparator
                runs.append(
                    Run(
                        segments: segments.map {
                            Segment(original: $0, isBehindSeparator: side, text: $0.text)
                        }))
            case .special(.role(.separator)): isBehindSeparator = true
            case .answer:
                if index > 0, case .run = prompt.pieces[index - 1] {
                    runs[runs.count - 1].isBeforeAnswer = true
                }
            case .special, .soft: break
            }
        }
    }

    private var segments: [Segment] { runs.flatMap(\.segments) }

    /// How many tokens may be cut in all, once they are counted.
    var cuttable: Int { segments.reduce(0) { $0 + $1.tokens.count } }

    var cuts: [FieldCut] {
        segments.compactMap { segment in
            guard segment.cut > 0, let field = segment.original.field else { return nil }
            return FieldCut(field: field, tokens: segment.tokens.count, cut: segment.cut)
        }
    }

    mutating func countTokens(_ tokenizer: any Tokenizer) {
        update { segment in
            if segment.original.mayShorten {
                segment.tokens = tokenizer.plainTokens(of: segment.original.text)
            }
        }
    }

    /// Cuts so many tokens from the original text of the fields.
    mutating func cut(_ total: Int, _ shortening: Shortening, _ cutter: TokenCutter) {
        let (lengths, sides) = (segments.map(\.tokens.count), segments.map(\.isBehindSeparator))
        var cuts = shortening.cuts(lengths, behindSeparator: sides, total: total).makeIterator()
        update { segment in
            guard let cut = cuts.next(), cut > 0 else { return }
            segment.cut = cut
            let whole = segment.original.text
            let rest = cutter.cut(
                whole, tokens: segment.tokens, to: segment.tokens.count - cut, atStart: shortening.cutsAtStart
            )
            // A cut between words leaves a space only where the field had one at that end.
            if shortening.cutsAtStart {
                segment.text = whole.first?.isSpaceInLine == true ? rest : rest.withoutLeadingSpaces
            } else {
                segment.text = whole.last?.isSpaceInLine == true ? rest : rest.withoutFinalSpaces
            }
        }
    }

    private mutating func update(_ change: (inout Segment) -> Void) {
        for run in runs.indices {
            for segment in runs[run].segments.indices {
                change(&runs[run].segments[segment])
            }
        }
    }
}
