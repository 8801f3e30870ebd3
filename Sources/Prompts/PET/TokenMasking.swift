package import Tensors
package import Tokenizers

/// Hides some tokens of a prompt for the auxiliary masked-language-model loss (Devlin et al. 2019, §3.1; Schick &
/// Schütze 2021, §3.2): each token with a probability of 15 %; of these 80 % become the mask, 10 % another token, and
/// 10 % stay. The answer slot, special tokens and soft rows are never hidden.
package struct TokenMasking: Sendable {
    private let tokenizer: any Tokenizer
    private let mask: Int32
    private let special: Set<Int32>
    /// How likely a token is to be guessed.
    package var rate: Float = 0.15

    /// A masking with a model's tokenizer; nil where it has no mask.
    package init?(_ tokenizer: any Tokenizer) {
        guard let mask = tokenizer.specialTokens.mask else { return nil }
        self.tokenizer = tokenizer
        self.mask = mask
        special = tokenizer.specialTokens.all
    }

    /// A prompt with tokens hidden, and what they were.
    package struct Hidden: Sendable {
        /// The rows as the model reads them.
        package var rows: [PromptRow]
        /// The places among them whose tokens are guessed, in increasing order.
        package var places: [Int]
        /// What stood there.
        package var targets: [Int32]
        package var separator: Int32?
    }

    /// Hides tokens of a prompt; the same random numbers hide the same ones.
    package func hide(_ prompt: EncodedPrompt, _ random: inout CounterRandom) -> Hidden {
        var hidden = Hidden(rows: prompt.rows, places: [], targets: [], separator: prompt.separator)
        let slot = prompt.before.count..<prompt.before.count + prompt.masks.count
        for (place, row) in prompt.rows.enumerated() where !slot.contains(place) {
            guard case .token(let token) = row, !special.contains(token), random.uniform() < rate else {
                continue
            }
            hidden.places.append(place)
            hidden.targets.append(token)
            let share = random.uniform()
            if share < 0.8 {
                hidden.rows[place] = .token(mask)
            } else if share < 0.9 {
                let size = UInt64(tokenizer.vocabularySize)
                hidden.rows[place] = .token(Int32(random.next().multipliedFullWidth(by: size).high))
            }
        }
        return hidden
    }
}
