import Experiments
import Foundation
import Models
import TestSupport
import Testing

@Suite struct EventFileTests {
    @Test func `the checksum is Castagnoli's, by its published check values`() {
        // RFC 3720, B.4: 32 bytes of zeros, of ones, rising; and the check value of the CRC catalogue.
        #expect(MaskedChecksum.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(MaskedChecksum.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(MaskedChecksum.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
        #expect(MaskedChecksum.checksum(Array("123456789".utf8)) == 0xE306_9283)
        let plain: UInt32 = 0xE306_9283
        #expect(MaskedChecksum.masked(Array("123456789".utf8)) == (plain >> 15 | plain << 17) &+ 0xA282_EAD8)
    }

    @Test func `fields are written as the encoding's documentation writes them`() {
        var message = ProtocolBufferMessage()
        message.add(1, 150)
        #expect(message.bytes == [0x08, 0x96, 0x01])
        message = ProtocolBufferMessage()
        message.add(2, "testing")
        #expect(message.bytes == [0x12, 0x07] + Array("testing".utf8))
        var outer = ProtocolBufferMessage()
        outer.add(
            3,
            {
                var inner = ProtocolBufferMessage(); inner.add(1, 150); return inner
            }())
        #expect(outer.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
        message = ProtocolBufferMessage()
        message.add(1, 1.0)
        #expect(message.bytes == [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
        message = ProtocolBufferMessage()
        message.add(2, Float(0.5))
        #expect(message.bytes == [0x15, 0, 0, 0, 0x3F])
    }

    @Test func `a run's events are what TensorBoard's own writer writes, byte for byte`() throws {
        let place = try Workplace()
        let run = RunRecord.forEvents(
            place.model, started: 1_764_000_000.25, ended: 1_764_000_010.5, value: 0.9375)
        func step(
            _ number: Int, _ seconds: Double, _ loss: Double, _ dev: Double?, _ rate: Double, _ norm: Double
        ) -> StepRecord {
            StepRecord(
                run: run.id, step: number, loss: loss, gradientNorm: norm, rate: rate, seconds: seconds,
                dev: dev)
        }
        let steps = [
            step(1, 0.5, 0.75, nil, 0.01, 1.5), step(2, 0.25, 0.5, 0.875, 0.005, 2.25),
            step(300, 0.125, 0.015625, nil, 0, 1e-3),
        ]
        let golden = try Data(contentsOf: Golden.folder.appendingPathComponent("experiments/events.tfevents"))
        #expect(EventFile(run, steps).bytes == Array(golden))
    }
}

extension RunRecord {
    /// A finished run with nothing but what events are made of.
    fileprivate static func forEvents(_ model: PretrainedModel, started: Double, ended: Double, value: Double)
        -> RunRecord
    {
        RunRecord(
            id: "run", kind: "train", name: "films", status: .finished, process: 1, host: "here",
            started: started,
            ended: ended, metric: "accuracy", value: value, command: [], folder: "/", settings: "{}",
            manifest: EnvironmentManifest(version: "0", model, data: []))
    }
}
