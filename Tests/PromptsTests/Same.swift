import Training

/// The same batch at every step.
struct Same<Batch: Sendable>: BatchSource {
    let batch: Batch
    func batch(_ index: Int) -> Batch { batch }
}
