/// JSON put together by hand, for the few small documents the admin listener writes itself.
enum JSONText {
    static func string(_ text: String) -> String {
        var bytes: [UInt8] = []
        LogFormat.appendString(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    static func array(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
}
