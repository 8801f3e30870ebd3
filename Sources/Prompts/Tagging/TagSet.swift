package import Datasets

/// The tags of BIO notation that some rows need.
struct TagSet {
    /// `O`, then for each kind of name in alphabetical order how it begins and how it goes on.
    let tags: [String]
    /// How many tags go on with a name that is not there, which is read as its beginning.
    let strays: Int

    /// - Throws: ``PromptError/badTag(row:tag:)``; `DatasetError` for a row without tags.
    init(_ dataset: Dataset) throws {
        var kinds: Set<String> = []
        var strays = 0
        for index in dataset.examples.indices {
            var before = "O"
            for tag in try dataset.list("tags", at: index) {
                guard let kind = Self.kind(tag) else {
                    throw PromptError.badTag(row: dataset.place(of: index), tag: tag)
                }
                if !kind.isEmpty { kinds.insert(kind) }
                if tag.hasPrefix("I-"), Self.kind(before) != kind { strays += 1 }
                before = tag
            }
        }
        tags = ["O"] + kinds.sorted().flatMap { ["B-" + $0, "I-" + $0] }
        self.strays = strays
    }

    /// The kind of name that a tag is of, empty for `O`; nil for what is no tag.
    private static func kind(_ tag: String) -> String? {
        if tag == "O" { return "" }
        guard tag.hasPrefix("B-") || tag.hasPrefix("I-"), tag.utf8.count > 2 else { return nil }
        return String(tag.dropFirst(2))
    }
}

extension Dataset {
    /// Throws ``PromptError/tagsDiffer(row:tokens:tags:)`` for the first row that has not one tag a word, and
    /// `DatasetError` for one without the lists.
    package func requireTagAWord() throws {
        for index in examples.indices {
            let (tokens, tags) = (try list("tokens", at: index), try list("tags", at: index))
            guard tokens.count == tags.count else {
                throw PromptError.tagsDiffer(row: place(of: index), tokens: tokens.count, tags: tags.count)
            }
        }
    }
}
