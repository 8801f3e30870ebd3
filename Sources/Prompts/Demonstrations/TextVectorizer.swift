/// Turns texts into vectors whose cosine says how alike the texts are.
public protocol TextVectorizer: Sendable {
    /// What it is, so that vectors of different makers are never compared.
    var identity: String { get }

    /// The vector of each text, of unit length.
    func vectors(of texts: [String]) throws -> [[Float]]
}

extension [Float] {
    /// The vector with length 1; one of zeros stays as it is.
    package var unit: [Float] {
        let length = reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? map { $0 / length } : self
    }
}
