import Bytes
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64HasTheVectorsOfRFC4648(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z=g=", "Zg==Zg==", "Zm 9", "Zm-_", "===="])
    func base64RefusesDamage(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func base64SkipsLineEnds() {
        #expect(Base64.decode("Zm9v\nYmFy\r\n") == Array("foobar".utf8))
    }

    @Test func base64URLHasNoPadding() {
        #expect(Base64.encodeURL([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decodeURL("-_8") == [0xFB, 0xFF])
        #expect(Base64.decodeURL("-_8=") == nil)
    }

    @Test func base64RoundTripsAllBytes() {
        let all = (0...255).map { UInt8($0) }
        for count in 0..<256 {
            #expect(Base64.decode(Base64.encode(Array(all.prefix(count)))) == Array(all.prefix(count)))
        }
    }

    @Test func hexRoundTripsAndRefusesDamage() {
        #expect(Hex.encode([0, 0x9A, 0xFF]) == "009aff")
        #expect(Hex.decode("009AfF") == [0, 0x9A, 0xFF])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
    }

    @Test func fnvHasItsPublishedValues() {
        #expect(FNV1.hash64([]) == 0xcbf2_9ce4_8422_2325)
        #expect(FNV1.hash64("a".utf8) == 0xaf63_bd4c_8601_b7be)
        #expect(FNV1.hash64a("a".utf8) == 0xaf63_dc4c_8601_ec8c)
        #expect(FNV1.hash64a("foobar".utf8) == 0x8594_4171_f739_67e8)
    }

    @Test func uuidCarriesVersionAndVariant() {
        #expect(
            UUIDv4.string(random: [UInt8](repeating: 0xFF, count: 16))
                == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(UUIDv4.string(random: []) == "00000000-0000-4000-8000-000000000000")
    }

    @Test func constantTimeComparesContentAndLength() {
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 3]))
        #expect(!ConstantTime.equal([1, 2], [1]))
    }

    @Test func asciiHelpersLeaveOtherCharactersAlone() {
        #expect(ASCII.lowercased("X-ÄB@[") == "x-Äb@[")
        #expect(ASCII.equalsIgnoringCase("Host", "hOST"))
        #expect(!ASCII.equalsIgnoringCase("Host", "Hos"))
        #expect(ASCII.trimmed(" \t a b\r\n") == "a b")
        #expect(ASCII.hexDigit(UInt8(ascii: "g")) == nil)
        #expect(ASCII.hexDigit(UInt8(ascii: "F")) == 15)
    }
}

@Suite struct DecimalTextTests {
    @Test(arguments: [0, 7, 10, -1, 1_234_567_890, Int64.max, Int64.min])
    func writesWhatStringWrites(_ value: Int64) {
        var text: [UInt8] = [0x41]
        DecimalText.append(value, to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "A\(value)")
    }
}
