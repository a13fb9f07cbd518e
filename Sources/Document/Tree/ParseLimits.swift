/// What a parser accepts at most; protects against documents made to exhaust memory or stack.
public struct ParseLimits: Hashable, Sendable {
    /// The size of the text in bytes.
    public var maxBytes: Int
    /// The nesting of lists and objects; nil takes the format's default: 512 in JSON, 100 in YAML.
    public var maxDepth: Int?
    /// The number of values, in all documents of the text and after aliases are resolved.
    public var maxNodes: Int
    /// The number of values that aliases and merge keys may add.
    public var maxAliasExpansion: Int

    /// 16 MiB, 2 million values, 100,000 values through aliases.
    public static let `default` = ParseLimits()

    /// Makes limits.
    public init(
        maxBytes: Int = 16 << 20, maxDepth: Int? = nil, maxNodes: Int = 2_000_000,
        maxAliasExpansion: Int = 100_000
    ) {
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
        self.maxNodes = maxNodes
        self.maxAliasExpansion = maxAliasExpansion
    }
}
