/// What transformers calls DistilBERT's maps and norms, which have BERT's names here.
package enum DistilBERTNames {
    /// Parts of a layer, ours and theirs.
    package static let parts = [
        ("attention.self.query", "attention.q_lin"), ("attention.self.key", "attention.k_lin"),
        ("attention.self.value", "attention.v_lin"), ("attention.output.dense", "attention.out_lin"),
        ("attention.output.LayerNorm", "sa_layer_norm"), ("intermediate.dense", "ffn.lin1"),
        ("output.dense", "ffn.lin2"), ("output.LayerNorm", "output_layer_norm"),
    ]
    private static let (ours, theirs) = ("distilbert.encoder.layer.", "distilbert.transformer.layer.")

    /// The published name of something in a layer; other names stay.
    package static func published(_ name: String) -> String {
        renamed(name, from: ours, to: theirs, parts)
    }

    /// Our name of something in a layer; other names stay.
    package static func own(_ name: String) -> String {
        renamed(name, from: theirs, to: ours, parts.map { ($1, $0) })
    }

    private static func renamed(
        _ name: String, from root: String, to other: String, _ parts: [(String, String)]
    ) -> String {
        guard name.hasPrefix(root) else { return name }
        let pieces = name.dropFirst(root.count).split(separator: ".", maxSplits: 1)
        guard pieces.count == 2, let part = parts.first(where: { pieces[1].hasPrefix($0.0 + ".") }) else {
            return name
        }
        return other + pieces[0] + "." + part.1 + pieces[1].dropFirst(part.0.count)
    }
}
