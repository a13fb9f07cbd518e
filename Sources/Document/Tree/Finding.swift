/// One thing that is wrong, or worth a warning, in a document.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// How bad a finding is.
    public enum Severity: Hashable, Sendable {
        /// The document cannot be used.
        case error
        /// The document can be used, but probably does not say what its author meant.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// The file, as the user named it; nil for what did not come from a file.
    public var file: String?
    /// Where in the file.
    public var position: Position
    /// The field, nil when it is about the text and not about a field.
    public var path: FieldPath?
    /// What is wrong and what is allowed, in one line without the place.
    public var message: String

    /// Makes a finding.
    public init(
        severity: Severity = .error, file: String? = nil, position: Position = .unknown,
        path: FieldPath? = nil,
        message: String
    ) {
        self.severity = severity
        self.file = file
        self.position = position
        self.path = path
        self.message = message
    }

    /// `file:line:column: path: message`, without the parts that are unknown.
    public var description: String {
        var place = file ?? ""
        if position.isKnown {
            place += place.isEmpty ? position.description : ":" + position.description
        }
        var parts: [String] = []
        if !place.isEmpty { parts.append(place) }
        if let path, !path.isEmpty { parts.append(path.description) }
        parts.append(message)
        return parts.joined(separator: ": ")
    }
}

/// A document that cannot be used.
public struct DocumentError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, at least one finding.
    public var findings: [Finding]

    /// Makes an error.
    public init(findings: [Finding]) {
        self.findings = findings
    }

    /// Makes an error of one finding.
    public init(_ finding: Finding) {
        findings = [finding]
    }

    /// The findings, one a line.
    public var description: String { findings.map(\.description).joined(separator: "\n") }
}
