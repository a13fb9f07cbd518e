import Document

/// `envoy.config.core.v3.HeaderValueOption`: a header to add.
public struct HeaderValueOption: MappedMessage, Hashable {
    /// What happens when the header is there, or is not.
    public enum AppendAction: String, ConfigEnum {
        /// A further line.
        case appendIfExistsOrAdd = "APPEND_IF_EXISTS_OR_ADD"
        /// Left alone when it is there.
        case addIfAbsent = "ADD_IF_ABSENT"
        /// Replaced or added.
        case overwriteIfExistsOrAdd = "OVERWRITE_IF_EXISTS_OR_ADD"
        /// Replaced, never added.
        case overwriteIfExists = "OVERWRITE_IF_EXISTS"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .appendIfExistsOrAdd: 0
            case .addIfAbsent: 1
            case .overwriteIfExistsOrAdd: 2
            case .overwriteIfExists: 3
            }
        }
    }

    /// The most bytes of a name, and of a value.
    static let maxBytes = 16_384

    /// The header's name.
    public var key = ""
    /// Its value, with `%OPERATORS%`; an empty result is not added.
    public var value = ""
    /// How it is added.
    public var appendAction = AppendAction.appendIfExistsOrAdd

    /// A header without a name.
    public init() {}

    /// A header from its parts.
    public init(_ key: String, _ value: String, _ appendAction: AppendAction = .appendIfExistsOrAdd) {
        self.key = key
        self.value = value
        self.appendAction = appendAction
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("header", required: true) { fields in
            fields.string("key", &key, required: true, as: .changedHeader)
            fields.string("value", &value)
            guard fields.isReading else { return }
            for (field, text) in [("key", key), ("value", value)] where text.utf8.count > Self.maxBytes {
                fields.fault("must not be longer than \(Self.maxBytes) bytes", .key(field))
            }
            if let fault = FormatString.fault(of: value) { fields.fault(fault, .key("value")) }
        }
        fields.enumeration("append_action", &appendAction, default: .appendIfExistsOrAdd)
    }
}

/// Rules on header names in configuration.
enum HeaderName {
    /// What is wrong with a header that is to be added or removed; nil when nothing is.
    static func fault(ofChanged name: String) -> String? {
        if name.isEmpty { return nil }
        if name.hasPrefix(":") || name.lowercased() == "host" {
            return "\"\(name)\" must not be changed; :-prefixed and host headers belong to the route"
        }
        return isToken(name) ? nil : "\"\(name)\" is not a header name"
    }

    /// What is wrong with a header that is to be matched.
    static func fault(ofMatched name: String) -> String? {
        if name.isEmpty { return nil }
        // Any other name with a colon is in no request: what it is to allow or deny would never be met.
        if name.hasPrefix(":") {
            return requestPseudoHeaders.contains(name.lowercased())
                ? nil : "\"\(name)\" is none of \(requestPseudoHeaders.joined(separator: ", "))"
        }
        return isToken(name) ? nil : "\"\(name)\" is not a header name"
    }

    private static let requestPseudoHeaders = [":method", ":authority", ":path", ":scheme"]

    /// RFC 9110 5.6.2.
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

extension FieldMapper {
    /// Names of headers to remove.
    mutating func removedHeaders(_ name: String, _ value: inout [String]) {
        strings(name, &value, as: .changedHeader)
        for (index, header) in value.enumerated() where isReading && header.isEmpty {
            fault("must not be empty", .key(name), .index(index))
        }
    }
}
