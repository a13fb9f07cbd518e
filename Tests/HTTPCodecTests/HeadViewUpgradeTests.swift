import Bytes
import Testing

@testable import HTTPCodec

/// An upgrade in HTTP/1.1's words and in those of RFC 8441.
@Suite struct HeadViewUpgradeTests {
    private func head(_ method: String, _ fields: [(String, String)]) -> HeadView {
        var head = HeadView()
        head.setMethod(Array(method.utf8))
        head.setTarget(Array("/chat".utf8))
        for (name, value) in fields { head.add(Array(name.utf8), Array(value.utf8)) }
        return head
    }

    @Test func anUpgradeBecomesAnExtendedConnectAndBack() {
        var view = head("GET", [("host", "a"), ("upgrade", "websocket"), ("sec-websocket-version", "13")])
        view.becomeExtendedConnect()
        #expect(view.text(view.method) == "CONNECT" && view.text(view.connectProtocol) == "websocket")
        #expect(view.value(.upgrade) == nil && !view.asksUpgrade)
        view.becomeUpgrade()
        #expect(view.text(view.method) == "GET" && view.connectProtocol.isEmpty && view.asksUpgrade)
        #expect(view.value(.upgrade).map { view.text($0) } == "websocket")
        #expect(view.text(view.target) == "/chat")
        #expect(view.value(named: Array("sec-websocket-version".utf8)) != nil)
    }

    @Test func whatFollowsAnUpgradeIsNoBody() {
        var view = head("CONNECT", [("host", "a"), ("content-length", "5")])
        view.connectProtocol = view.method
        view.framing = .length(5)
        view.becomeUpgrade()
        #expect(view.framing == .none && view.value(.contentLength) == nil)
    }

    @Test func anAgreementBecomesASwitch() {
        var view = HeadView()
        view.status = 200
        view.framing = .untilClose
        view.becomeSwitch(to: Array("websocket".utf8))
        #expect(view.status == 101 && view.framing == .none)
        #expect(view.value(.upgrade).map { view.text($0) } == "websocket")
    }

    @Test func aHeadWithoutAnUpgradeStays() {
        var view = head("GET", [("host", "a")])
        view.becomeExtendedConnect()
        #expect(view.text(view.method) == "GET" && view.connectProtocol.isEmpty)
    }
}
