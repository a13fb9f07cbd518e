/// An upgrade as each version of HTTP asks for it: `connection: upgrade` (RFC 9110 7.8), or an extended CONNECT
/// (RFC 8441 4).
extension HeadView {
    /// Makes an extended CONNECT the request that asks HTTP/1.1 for the same.
    ///
    /// What follows is no body: bytes of the protocol, once it is agreed.
    public mutating func becomeUpgrade() {
        let protocolName = Array(bytes[connectProtocol])
        setMethod(Array("GET".utf8))
        connectProtocol = 0..<0
        removeFields { $0.known == .upgrade || $0.known == .contentLength }
        add(Array("upgrade".utf8), protocolName)
        framing = .none
        asksUpgrade = true
    }

    /// Makes a request for an upgrade the extended CONNECT that asks HTTP/2 for the same.
    public mutating func becomeExtendedConnect() {
        guard let range = value(.upgrade) else { return }
        setMethod(Array("CONNECT".utf8))
        connectProtocol = range
        removeFields { $0.known == .upgrade || $0.known == .contentLength }
        framing = .none
        asksUpgrade = false
    }

    /// Makes the answer that agrees to an extended CONNECT the one that agrees to an upgrade.
    public mutating func becomeSwitch(to protocolName: [UInt8]) {
        status = 101
        removeFields { $0.known == .contentLength }
        add(Array("upgrade".utf8), protocolName)
        framing = .none
    }
}
