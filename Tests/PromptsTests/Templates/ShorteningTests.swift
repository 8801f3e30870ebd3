import Prompts
import Testing

/// The vectors that OpenPrompt and PET give when they are run, and the rules that hold for every strategy.
@Suite struct ShorteningTests {
    private func cuts(
        _ shortening: Shortening, _ lengths: [Int], _ total: Int, behind sides: [Bool]? = nil
    ) -> [Int] {
        shortening.cuts(lengths, behindSeparator: sides ?? lengths.map { _ in false }, total: total)
    }

    @Test func `OpenPrompt's tail cuts 3 of 3, fixed, 2 to 2, fixed, 0`() {
        #expect(cuts(.tail, [3, 0, 2], 3) == [1, 0, 2])
    }

    @Test func `OpenPrompt's head cuts 2 of 3, fixed, 2 to 1, fixed, 2, at the end`() {
        #expect(cuts(.openPromptHead, [3, 0, 2], 2) == [2, 0, 0])
        #expect(!Shortening.openPromptHead.cutsAtStart)
    }

    @Test func `a head that is what its name says cuts at the start`() {
        #expect(cuts(.head, [3, 0, 2], 2) == [2, 0, 0])
        #expect(Shortening.head.cutsAtStart)
    }

    @Test func `OpenPrompt's balanced cuts 4 of 10, fixed, 5 to 7, fixed, 4`() {
        #expect(cuts(.balanced, [10, 0, 5], 4) == [3, 0, 1])
    }

    @Test(arguments: [
        (8, 3, 1), (8, 3, 5), (8, 3, 6), (8, 3, 7), (3, 8, 4), (3, 8, 6), (5, 5, 1), (5, 5, 2), (5, 5, 10),
        (0, 4, 2),
    ])
    func `PET's order goes token by token from the longer side, the second if equal`(
        a: Int, b: Int, total: Int
    ) {
        var (front, back) = (a, b)
        for _ in 0..<total {
            if front > back { front -= 1 } else { back -= 1 }
        }
        #expect(cuts(.longerSide, [a, b], total, behind: [false, true]) == [a - front, b - back])
    }

    @Test func `PET's order takes the last field of a side first`() {
        let sides = [false, false, true, true]
        #expect(cuts(.longerSide, [4, 2, 1, 2], 4, behind: sides) == [1, 2, 0, 1])
        #expect(cuts(.longerSide, [4, 2], 3) == [1, 2])
    }

    @Test(arguments: Shortening.allCases, [[3, 0, 2], [10, 4, 5], [1], [0, 7, 7, 1]])
    func `a cut is of the size asked for and never more than there is`(
        _ shortening: Shortening, _ lengths: [Int]
    ) {
        let sides = lengths.indices.map { $0 > 1 }
        let all = lengths.reduce(0, +)
        for total in 0...all + 2 {
            let cuts = cuts(shortening, lengths, total, behind: sides)
            #expect(cuts.reduce(0, +) == min(total, all))
            #expect(zip(cuts, lengths).allSatisfy { $0 >= 0 && $0 <= $1 })
        }
    }
}
