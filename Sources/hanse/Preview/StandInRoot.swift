/// A root certificate that stands in for roots that the files do not hold.
///
/// Nobody has its key: it was never kept. It only makes a previewed configuration complete.
enum StandInRoot {
    static let pem = """
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
}
