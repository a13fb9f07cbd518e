/// `envoy.type.v3.FractionalPercent`.
public struct FractionalPercent: MappedMessage, Hashable {
    /// What the numerator is a share of.
    public enum Denominator: String, ConfigEnum {
        /// 100.
        case hundred = "HUNDRED"
        /// 10,000.
        case tenThousand = "TEN_THOUSAND"
        /// 1,000,000.
        case million = "MILLION"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .hundred: 0
            case .tenThousand: 1
            case .million: 2
            }
        }

        /// The number itself.
        public var value: UInt32 {
            switch self {
            case .hundred: 100
            case .tenThousand: 10_000
            case .million: 1_000_000
            }
        }
    }

    /// The share; at or above the denominator it is all.
    public var numerator: UInt32 = 0
    /// The whole.
    public var denominator = Denominator.hundred

    /// Nothing.
    public init() {}

    /// A share from its parts.
    public init(_ numerator: UInt32, of denominator: Denominator = .hundred) {
        self.numerator = numerator
        self.denominator = denominator
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.integer("numerator", &numerator)
        fields.enumeration("denominator", &denominator, default: .hundred)
    }
}
