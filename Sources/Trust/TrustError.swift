public import Document

/// Why a CA, a bundle or a leaf could not be had.
///
/// Never contains key material: findings name fields and say what is wrong with them.
public struct TrustError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, at least one finding.
    public var findings: [Finding]

    /// An error of several findings.
    public init(findings: [Finding]) {
        self.findings = findings
    }

    /// An error of one finding.
    public init(_ message: String, at path: FieldPath? = nil) {
        findings = [Finding(path: path, message: message)]
    }

    /// The findings, one a line.
    public var description: String { findings.map(\.description).joined(separator: "\n") }
}

/// Texts of durations in messages.
func spoken(_ duration: Duration) -> String {
    let total = abs(duration.components.seconds)
    let days = total / 86_400
    if days >= 2 { return "\(days) days" }
    if total >= 7_200 { return "\(total / 3_600) hours" }
    if total >= 120 { return "\(total / 60) minutes" }
    return "\(total) seconds"
}
