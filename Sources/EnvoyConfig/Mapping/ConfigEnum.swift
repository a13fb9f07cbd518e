/// An enum of the API: its raw value is the name in the config, its number the one of the protobuf schema.
public protocol ConfigEnum: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// The protobuf number; a gateway accepts it in place of the name.
    var number: Int { get }
}
