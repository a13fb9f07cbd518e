import Bytes
import TLS

/// Certificates that stand in for those that the files of a preview do not hold.
///
/// They make a previewed configuration complete, and the same every time. Nothing trusts them.
enum StandIns {
    /// A root; its key was never kept.
    static let root = """
        -----BEGIN CERTIFICATE-----
        MIIBxzCCAW2gAwIBAgIUMX9SSNXoLW5kBySsEErmFhRJuokwCgYIKoZIzj0EAwIw
        MDEWMBQGA1UECgwNaGFuc2UgcHJldmlldzEWMBQGA1UEAwwNc3RhbmQtaW4gcm9v
        dDAgFw0yNjExMjEwNTQzMDRaGA8yMTI2MTAyODA1NDMwNFowMDEWMBQGA1UECgwN
        aGFuc2UgcHJldmlldzEWMBQGA1UEAwwNc3RhbmQtaW4gcm9vdDBZMBMGByqGSM49
        AgEGCCqGSM49AwEHA0IABO+uWRiIn8MgTgDNuOl0mHKrkTUrfQ0ICqL+fZPerU3M
        LBPakQgBIpg/oBREkCTEs+Cql7jOrS2sk0184JDWW/6jYzBhMB0GA1UdDgQWBBTU
        Hx5FOU4t3uxzpjjRlWIDfMgDijAfBgNVHSMEGDAWgBTUHx5FOU4t3uxzpjjRlWID
        fMgDijAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQD
        AgNIADBFAiBDVa4yLCDG4LSqloWo677iSPX8rQ8+0ipUNqkZWFtycgIhAK0adnRN
        sR38EtGmhCeICbo598Zzv9C0vC/yyh++EwML
        -----END CERTIFICATE-----

        """

    /// A gateway's certificate, of `key`.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIICBjCCAaygAwIBAgIUMzKASncu+OzKlbQl4pOAkbGMde0wCgYIKoZIzj0EAwIw
        MzEWMBQGA1UECgwNaGFuc2UgcHJldmlldzEZMBcGA1UEAwwQc3RhbmQtaW4gZ2F0
        ZXdheTAgFw0yNjExMjEwNjIxMzFaGA8yMTI2MTAyODA2MjEzMVowMzEWMBQGA1UE
        CgwNaGFuc2UgcHJldmlldzEZMBcGA1UEAwwQc3RhbmQtaW4gZ2F0ZXdheTBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABCoZc0d1XrYIfJtbKWo0IPcdcittlb6su5dj
        TVCC3+no97jLCEpMZTY8ys3OhE2WIXXS9KfBf/VgtqQsvCthOE+jgZswgZgwOgYD
        VR0RBDMwMYYvc3BpZmZlOi8vcHJldmlldy5pbnZhbGlkL25zL3ByZXZpZXcvc2Ev
        c3RhbmQtaW4wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwHQYDVR0lBBYw
        FAYIKwYBBQUHAwEGCCsGAQUFBwMCMB0GA1UdDgQWBBSFP6jyqfZk711R6scGw/4U
        +yCprTAKBggqhkjOPQQDAgNIADBFAiEA4stUUrMKmToNGTnzbZ2rL9I8il6TowX6
        0OO1ow66ScACICDVUEhgSqMRLDlj/HxxjI/NuGrI0qEvaATN02EnDeYU
        -----END CERTIFICATE-----

        """

    /// The key of `certificate`, which everybody can make: it protects nothing.
    static var key: String {
        // RFC 5208 and RFC 5915: version, P-256, and the private number without its public point.
        let header =
            Hex.decode("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420") ?? []
        let text = Base64.encode(header + sha256(Array("hanse preview stand-in key".utf8)))
        var lines: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        let label = "PRIVATE KEY"
        return (["-----BEGIN \(label)-----"] + lines + ["-----END \(label)-----"]).joined(separator: "\n")
            + "\n"
    }
}
