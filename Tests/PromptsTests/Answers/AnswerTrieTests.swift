import Prompts
import Testing

@Suite struct AnswerTrieTests {
    private let answers: [[Int32]] = [[1, 2, 3], [1, 2], [4], [1, 5, 3]]

    @Test func `shared beginnings are one path`() {
        let trie = AnswerTrie(answers)
        #expect(trie.nodes.map(\.token) == [nil, 1, 2, 3, 4, 5, 3])
        #expect(trie.nodes[0].children == [1, 4])
        #expect(trie.nodes[2].answers == [1])
        #expect(trie.ends == [3, 2, 4, 6])
        #expect(trie.innerNodes == [0, 1, 2, 5])
        #expect(trie.nodes.map(\.depth) == [0, 1, 2, 3, 1, 2, 3])
        #expect(!trie.isFlat)
    }

    @Test func `every answer is found at its end`() {
        let trie = AnswerTrie(answers)
        for (answer, end) in zip(answers, trie.ends) {
            #expect(trie.tokens(to: end) == answer)
        }
        #expect(trie.path(to: 0).isEmpty)
        #expect(trie.nodes.indices.dropFirst().allSatisfy { (trie.nodes[$0].parent ?? $0) < $0 })
    }

    @Test func `sums over nodes are sums over tokens`() {
        let trie = AnswerTrie(answers)
        let values: [Float] = [99, -1, -2, -4, -8, -16, -32]
        #expect(trie.steps(values) == [[-1, -2, -4], [-1, -2], [-8], [-1, -16, -32]])
        #expect(trie.sums(values) == [-7, -3, -8, -49])
    }

    @Test func `answers of one token need one row`() {
        #expect(AnswerTrie([[1], [2], [1]]).isFlat)
        #expect(AnswerTrie([[1], [2], [1]]).nodes[1].answers == [0, 2])
        #expect(AnswerTrie([]).ends.isEmpty)
    }
}
