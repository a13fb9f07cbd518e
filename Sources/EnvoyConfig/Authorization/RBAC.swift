/// `envoy.config.rbac.v3.RBAC`: who may do what.
public struct RBACRules: MappedMessage {
    /// What a matching policy means.
    public enum Action: String, ConfigEnum {
        /// Allowed; without a matching policy refused.
        case allow = "ALLOW"
        /// Refused; without a matching policy passed on.
        case deny = "DENY"

        /// The protobuf number.
        public var number: Int { self == .allow ? 0 : 1 }
    }

    /// One permission and one principal must match.
    public struct Policy: MappedMessage {
        /// What is done; any one of them.
        public var permissions: [Permission] = []
        /// Who does it; any one of them.
        public var principals: [Principal] = []

        /// Matches nothing.
        public init() {}

        /// A policy from its parts.
        public init(permissions: [Permission], principals: [Principal]) {
            self.permissions = permissions
            self.principals = principals
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.messages("permissions", &permissions, minimum: 1)
            fields.messages("principals", &principals, minimum: 1)
        }
    }

    /// What a matching policy means.
    public var action = Action.allow
    /// By name; any one of them.
    public var policies: [String: Policy] = [:]

    /// Allows nobody.
    public init() {}

    /// Rules from their parts.
    public init(_ action: Action, policies: [String: Policy]) {
        self.action = action
        self.policies = policies
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.enumeration("action", &action, default: .allow)
        fields.messages("policies", &policies)
    }
}

/// `envoy.extensions.filters.http.rbac.v3.RBAC`.
public struct HTTPRBAC: MappedMessage {
    /// The protobuf name.
    static let messageName = "envoy.extensions.filters.http.rbac.v3.RBAC"

    /// The rules; nil does nothing.
    public var rules: RBACRules?

    /// Does nothing.
    public init() {}

    /// A filter of these rules.
    public init(_ rules: RBACRules) {
        self.rules = rules
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("rules", &rules)
    }
}

/// `envoy.extensions.filters.network.rbac.v3.RBAC`.
public struct NetworkRBAC: MappedMessage {
    /// The protobuf name.
    static let messageName = "envoy.extensions.filters.network.rbac.v3.RBAC"

    /// The prefix of its counters.
    public var statPrefix = ""
    /// The rules; nil does nothing.
    public var rules: RBACRules?

    /// Does nothing.
    public init() {}

    /// A filter of these rules.
    public init(statPrefix: String, _ rules: RBACRules) {
        self.statPrefix = statPrefix
        self.rules = rules
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("stat_prefix", &statPrefix, required: true)
        fields.message("rules", &rules)
    }
}
