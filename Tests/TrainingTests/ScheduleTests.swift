import Foundation
import TestSupport
import Testing
import Training

enum JSON {
    static func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}

@Suite struct ScheduleTests {
    @Test(arguments: [
        ("constant.warmup0", Schedule.constant()), ("constant.warmup4", .constant(warmup: 4)),
        ("linear.warmup0", .linear(total: 20)), ("linear.warmup4", .linear(warmup: 4, total: 20)),
        ("linear.short", .linear(warmup: 3, total: 12)),
        ("cosine.warmup0", .cosine(total: 20)), ("cosine.warmup4", .cosine(warmup: 4, total: 20)),
    ])
    func `shares are those of transformers`(_ name: String, _ schedule: Schedule) throws {
        let shares = (0..<20).map { Float(schedule.share(at: $0)) }
        expectClose(shares, try Golden("training/schedules").floats(name), absolute: 1e-6, name)
        #expect(try JSON.roundTrip(schedule) == schedule)
    }

    @Test func `a cosine that is over stays at zero`() {
        #expect(Schedule.cosine(total: 10).share(at: 15) == 0)
    }
}
