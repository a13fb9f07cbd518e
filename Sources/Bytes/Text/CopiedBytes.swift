extension [UInt8] {
    /// Appends bytes that another buffer lends.
    public mutating func append(copying bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { append(contentsOf: $0) }
    }
}
