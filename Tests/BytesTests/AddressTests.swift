import Bytes
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("::1", "::1"), ("::", "::"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("fe80::", "fe80::"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func printsTheCanonicalForm(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", ":", ":::", "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1%lo", "[::1]", "1:2:3:4:5:6:7:8::", "1.2.3.4::", "::g",
        "+1.2.3.4",
    ])
    func refusesWhatIsNoAddress(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func knowsLoopbackAndUnspecified() {
        #expect(IPAddress("127.9.8.7")?.isLoopback == true)
        #expect(IPAddress("::1")?.isLoopback == true)
        #expect(IPAddress("128.0.0.1")?.isLoopback == false)
        #expect(IPAddress("0.0.0.0")?.isUnspecified == true)
        #expect(IPAddress("::")?.isUnspecified == true)
    }

    @Test func socketAddressesReadWhatTheyPrint() throws {
        for text in ["127.0.0.1:80", "[::1]:65535", "0.0.0.0:0"] {
            #expect(SocketAddress(text)?.description == text)
        }
        for text in [
            "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[127.0.0.1]:80", "x:80", "1.2.3.4:+8",
        ] {
            #expect(SocketAddress(text) == nil)
        }
        #expect(SocketAddress(ip: "127.0.0.1", port: 80) == SocketAddress("127.0.0.1:80"))
    }

    @Test func blocksCountTheirAddresses() throws {
        let block = try #require(CIDR("127.0.11.7/24"))
        #expect(block.description == "127.0.11.0/24")
        #expect(block.address(at: 2)?.description == "127.0.11.2")
        #expect(block.address(at: 255)?.description == "127.0.11.255")
        #expect(block.address(at: 256) == nil)
        #expect(block.address(at: -1) == nil)
        #expect(try block.contains(#require(IPAddress("127.0.11.200"))))
        #expect(try !block.contains(#require(IPAddress("127.0.12.0"))))
        #expect(try !block.contains(#require(IPAddress("::1"))))
        #expect(CIDR("0.0.0.0/0")?.contains(.v4(12345)) == true)
        #expect(CIDR("10.0.0.1/32")?.address(at: 1) == nil)
        let v6 = try #require(CIDR("2001:db8::/126"))
        #expect(v6.address(at: 3)?.description == "2001:db8::3")
        #expect(v6.address(at: 4) == nil)
        #expect(try v6.contains(#require(IPAddress("2001:db8::2"))))
        #expect(try !v6.contains(#require(IPAddress("2001:db8::4"))))
    }

    @Test(arguments: ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "x/8", "10.0.0.0/8/8"])
    func refusesWhatIsNoBlock(text: String) {
        #expect(CIDR(text) == nil)
    }
}
