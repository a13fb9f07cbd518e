import Foundation

/// A CA and the leaves of the two gateways, made anew for each run.
struct Certificates {
    static let egressIdentity = "spiffe://west.local/ns/bench/sa/egress"
    static let ingressIdentity = "spiffe://east.local/ns/bench/sa/ingress"

    let authority: String
    let egress: Pair
    let ingress: Pair

    /// A chain, its key, and both in one file as HAProxy wants them.
    struct Pair {
        let chain: String
        let key: String
        let joined: String
    }

    init(in folder: String, names: [String]) throws {
        authority = folder + "/ca.pem"
        let authorityKey = folder + "/ca.key"
        try Shell.run(
            Self.request + [
                "-x509", "-days", "30", "-subj", "/CN=bench", "-keyout", authorityKey, "-out", authority,
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            ])
        let authorityPath = authority
        func leaf(_ name: String, _ identity: String, _ names: [String]) throws -> Pair {
            let base = folder + "/" + name
            let alternatives = (["URI:" + identity] + names.map { "DNS:" + $0 }).joined(separator: ",")
            let extensions = """
                basicConstraints=critical,CA:FALSE
                keyUsage=critical,digitalSignature
                extendedKeyUsage=serverAuth,clientAuth
                subjectAltName=\(alternatives)
                """
            try extensions.write(toFile: base + ".ext", atomically: false, encoding: .utf8)
            try Shell.run(
                Self.request + ["-subj", "/O=bench", "-keyout", base + ".key", "-out", base + ".csr"])
            try Shell.run([
                "openssl", "x509", "-req", "-days", "7", "-in", base + ".csr", "-CA", authorityPath, "-CAkey",
                authorityKey, "-CAcreateserial", "-extfile", base + ".ext", "-out", base + ".pem",
            ])
            let joined = try [".pem", ".key"].map { try String(contentsOfFile: base + $0, encoding: .utf8) }
            try joined.joined().write(toFile: base + ".both", atomically: false, encoding: .utf8)
            return Pair(chain: base + ".pem", key: base + ".key", joined: base + ".both")
        }
        egress = try leaf("egress", Self.egressIdentity, [])
        ingress = try leaf("ingress", Self.ingressIdentity, names)
    }

    private static let request = [
        "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    ]
}
