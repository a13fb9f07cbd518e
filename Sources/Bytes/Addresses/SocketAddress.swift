/// An IP address and a TCP port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    public var ip: IPAddress
    /// The port; 0 asks the system for a free one when listening.
    public var port: UInt16

    /// Makes a socket address.
    public init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// Makes a socket address from an IP address in text; nil when it is not one.
    public init?(ip: String, port: UInt16) {
        guard let ip = IPAddress(ip) else { return nil }
        self.init(ip: ip, port: port)
    }

    /// Reads `127.0.0.1:80` or `[::1]:80`.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy(ASCII.isDigit), let port = UInt16(digits) else { return nil }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let ip = IPAddress(String(host)), ip.isV6 == isBracketed else { return nil }
        self.init(ip: ip, port: port)
    }

    /// `127.0.0.1:80` or `[::1]:80`.
    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text of `description`.
    public func append(to text: inout [UInt8]) {
        if ip.isV6 { text.append(UInt8(ascii: "[")) }
        ip.append(to: &text)
        if ip.isV6 { text.append(UInt8(ascii: "]")) }
        text.append(UInt8(ascii: ":"))
        DecimalText.append(Int64(port), to: &text)
    }
}
