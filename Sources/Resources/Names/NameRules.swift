/// The syntax rules of names in the API, each giving nil for a good name or the reason in Kubernetes' words.
public enum NameRules {
    /// RFC 1123 label: namespaces, and parts of host names.
    ///
    /// At most 63 characters.
    public static func label(_ text: String) -> String? {
        if let problem = length(text, 63) { return problem }
        if isLabel(text.utf8[...]) { return nil }
        return
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
            + "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
            + "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    }

    /// RFC 1123 subdomain: most object names.
    ///
    /// At most 253 characters.
    public static func subdomain(_ text: String) -> String? {
        if let problem = length(text, 253) { return problem }
        if isSubdomain(text) { return nil }
        return
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
            + "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
            + "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    }

    /// RFC 1035 label: Services, whose names become DNS names.
    ///
    /// At most 63 characters.
    public static func dns1035Label(_ text: String) -> String? {
        if let problem = length(text, 63) { return problem }
        if isLabel(text.utf8[...]), let first = text.utf8.first, !isDigit(first) { return nil }
        return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
            + "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
            + "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
    }

    /// Label and annotation keys: `name` or `subdomain/name`.
    public static func qualifiedName(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let name: Substring
        switch parts.count {
        case 1: name = parts[0]
        case 2:
            name = parts[1]
            if parts[0].isEmpty { return "prefix part must be non-empty" }
            if let problem = subdomain(String(parts[0])) { return "prefix part \(problem)" }
        default:
            return
                "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and "
                + "end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
                + "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix "
                + "and '/' (e.g. 'example.com/MyName')"
        }
        if name.isEmpty { return "name part must be non-empty" }
        if let problem = length(name, 63) { return "name part \(problem)" }
        if isLoose(name) { return nil }
        return
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    }

    /// Label values; empty is one.
    ///
    /// At most 63 characters.
    public static func labelValue(_ text: String) -> String? {
        if let problem = length(text, 63) { return problem }
        if text.isEmpty || isLoose(text[...]) { return nil }
        return
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
            + "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
            + "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    }

    /// Keys of ConfigMaps and Secrets.
    ///
    /// At most 253 characters.
    public static func configKey(_ text: String) -> String? {
        if let problem = length(text, 253) { return problem }
        let isGood = !text.isEmpty && text.utf8.allSatisfy(isLooseByte)
        if !isGood {
            return
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        }
        if text == "." { return "must not be '.'" }
        if text == ".." { return "must not be '..'" }
        if text.hasPrefix("..") { return "must not start with '..'" }
        return nil
    }

    /// Names of service ports: an RFC 1123 label with a shorter message.
    public static func portName(_ text: String) -> String? { label(text) }

    /// A host name that may begin with `*.`, or be `*` alone, as Istio's `hosts` take it.
    public static func hostPattern(_ text: String) -> String? {
        if text == "*" { return nil }
        let rest = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        if rest.contains("*") { return "a wildcard may only be the whole first label, as in *.example.com" }
        guard !rest.isEmpty, rest.utf8.count <= 255 else {
            return "a host name has 1 to 255 characters"
        }
        let labels = (rest.hasSuffix(".") ? rest.dropLast() : rest[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        let isGood = labels.allSatisfy { label in
            let utf8 = label.utf8
            guard (1...63).contains(utf8.count), let first = utf8.first, let last = utf8.last else {
                return false
            }
            return utf8.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
                && first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
        }
        return isGood
            ? nil
            : "not a host name; allowed: labels of a-z, 0-9 and '-' joined by '.', the first one may be '*'"
    }
}

extension NameRules {
    private static func length(_ text: some StringProtocol, _ limit: Int) -> String? {
        text.utf8.count > limit ? "must be no more than \(limit) characters" : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLower(byte) || (0x41...0x5a).contains(byte)
    }

    private static func isLooseByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }

    private static func isLabel(_ text: Substring.UTF8View) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        return (isDigit(first) || isLower(first)) && (isDigit(last) || isLower(last))
            && text.allSatisfy { isDigit($0) || isLower($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isSubdomain(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            isLabel($0)
        }
    }

    private static func isLoose(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last) && text.utf8.allSatisfy(isLooseByte)
    }
}
