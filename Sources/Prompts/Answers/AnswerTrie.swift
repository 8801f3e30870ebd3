/// The token sequences of several answers as a tree, so that shared beginnings are computed once.
///
/// Every node but the root is a token; the model's row at a node predicts the node's children, and the
/// root's row is the last one in front of the answer. The score of an answer is the sum of the
/// log-probabilities along its path, so one row a node that has children scores all answers exactly.
public struct AnswerTrie: Hashable, Sendable {
    /// A node of the tree.
    public struct Node: Hashable, Sendable {
        /// The token, or nil at the root.
        public let token: Int32?
        /// The index of the node above, or nil at the root.
        public let parent: Int?
        /// How many tokens the path to this node has.
        public let depth: Int
        /// The nodes below, in the order of the answers.
        public internal(set) var children: [Int] = []
        /// The answers that end here.
        public internal(set) var answers: [Int] = []
    }

    /// The nodes; the root is the first, and every node comes after its parent.
    public private(set) var nodes: [Node]
    /// For each answer the node at which it ends.
    public private(set) var ends: [Int]

    /// Builds the tree of the answers' tokens.
    ///
    /// - Complexity: O(tokens · children a node).
    public init(_ answers: [[Int32]]) {
        nodes = [Node(token: nil, parent: nil, depth: 0)]
        ends = []
        for (answer, tokens) in answers.enumerated() {
            var place = 0
            for token in tokens {
                place = child(of: place, token: token)
            }
            nodes[place].answers.append(answer)
            ends.append(place)
        }
    }

    private mutating func child(of parent: Int, token: Int32) -> Int {
        if let known = nodes[parent].children.first(where: { nodes[$0].token == token }) { return known }
        nodes.append(Node(token: token, parent: parent, depth: nodes[parent].depth + 1))
        nodes[parent].children.append(nodes.count - 1)
        return nodes.count - 1
    }

    /// The nodes that predict something, root first: the rows that a model has to compute.
    public var innerNodes: [Int] { nodes.indices.filter { !nodes[$0].children.isEmpty } }

    /// Whether every answer is one token, so that the root's row is enough.
    public var isFlat: Bool { innerNodes.allSatisfy { $0 == 0 } }

    /// The nodes from the first token down to this node; empty for the root.
    public func path(to node: Int) -> [Int] {
        var path: [Int] = []
        var place = node
        while let parent = nodes[place].parent {
            path.append(place)
            place = parent
        }
        return path.reversed()
    }

    /// The tokens from the first down to this node; empty for the root.
    public func tokens(to node: Int) -> [Int32] {
        path(to: node).compactMap { nodes[$0].token }
    }

    /// The log-probability of each token of each answer.
    ///
    /// It is given for each node: log p(its token | its path), natural log; the root's is not read.
    public func steps(_ logProbabilities: [Float]) -> [[Float]] {
        ends.map { path(to: $0).map { logProbabilities[$0] } }
    }

    /// The summed log-probability of each answer.
    ///
    /// It is given for each node: log p(its token | its path), natural log; the root's is not read.
    public func sums(_ logProbabilities: [Float]) -> [Float] {
        var sums = [Float](repeating: 0, count: nodes.count)
        for (node, value) in nodes.enumerated() {
            if let parent = value.parent { sums[node] = sums[parent] + logProbabilities[node] }
        }
        return ends.map { sums[$0] }
    }
}
