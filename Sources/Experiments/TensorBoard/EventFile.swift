internal import Foundation

/// A run's steps as a file of events, which TensorBoard reads: `loss`, `dev`, `rate` and `gradient norm` over steps, and
/// the result on the test rows.
///
/// - Reference: `tensorboard/compat/proto/event.proto` and `summary.proto`; the records' frame is TFRecord's: length (8
///   bytes), its checksum, the message, its checksum.
package struct EventFile {
    package private(set) var bytes: [UInt8] = []

    /// The file's name, by which TensorBoard knows it for one of its own.
    package static func name(_ run: RunRecord) -> String {
        let host = run.host.isEmpty ? "localhost" : run.host.replacingOccurrences(of: "/", with: "-")
        return "events.out.tfevents.\(Int(run.started)).\(host).\(run.id)"
    }

    /// The events of a run; a step's time is that of the run's start and of all steps before it.
    package init(_ run: RunRecord, _ steps: [StepRecord]) {
        var time = run.started
        var version = ProtocolBufferMessage()
        version.add(1, time)
        version.add(3, "brain.Event:2")
        append(version)
        for step in steps {
            time += step.seconds ?? 0
            let values = [
                ("loss", step.loss), ("dev", step.dev), ("rate", step.rate),
                ("gradient norm", step.gradientNorm),
            ]
            append(time, step.step, values.compactMap { name, value in value.map { (name, $0) } })
        }
        if let value = run.value {
            append(run.ended ?? time, steps.last?.step ?? 0, [("test " + (run.metric ?? "value"), value)])
        }
    }

    private mutating func append(_ time: Double, _ step: Int, _ values: [(name: String, value: Double)]) {
        guard !values.isEmpty else { return }
        var summary = ProtocolBufferMessage()
        for value in values {
            var scalar = ProtocolBufferMessage()
            scalar.add(1, value.name)
            scalar.add(2, Float(value.value))
            summary.add(1, scalar)
        }
        var event = ProtocolBufferMessage()
        event.add(1, time)
        // Nought is what a reader takes an absent number for, and no writer of proto3 spells it out.
        if step != 0 { event.add(2, step) }
        event.add(5, summary)
        append(event)
    }

    private mutating func append(_ event: ProtocolBufferMessage) {
        let length = Self.littleEndian(UInt64(event.bytes.count))
        bytes += length + Self.littleEndian(MaskedChecksum.masked(length))
        bytes += event.bytes + Self.littleEndian(MaskedChecksum.masked(event.bytes))
    }

    private static func littleEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
