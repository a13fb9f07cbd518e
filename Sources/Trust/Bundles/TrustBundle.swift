public import Bytes
public import Document
public import TLS

/// The roots of one trust domain: whoever chains to one of them speaks for that domain and for no other.
public struct TrustBundle: Hashable, Sendable {
    /// The roots as they were given, without duplicates.
    public let roots: [Certificate]

    /// The most roots a bundle may have.
    ///
    /// Old, new and a few more is what rotation needs.
    public static let maxRoots = 32
    /// The longest PEM text of a bundle in bytes.
    public static let maxBytes = 256 * 1024

    /// A bundle and what its text deserves to be told.
    public struct Parsed: Hashable, Sendable {
        /// The usable roots.
        public var bundle: TrustBundle
        /// Roots left out, duplicates, dates that come near.
        public var warnings: [Finding]
    }

    /// A bundle of roots known to be good, duplicates dropped.
    public init(roots: [Certificate]) {
        var seen: Set<Certificate> = []
        self.roots = roots.filter { seen.insert($0).inserted }
    }

    /// Reads and checks a PEM bundle.
    ///
    /// Every certificate must be a CA. Expired ones are left out with a warning; when none is left that is an error.
    /// A certificate that is not valid yet stays: it was published ahead of its time.
    public static func parse(
        pem: String, path: FieldPath? = nil, now: WallTime
    ) throws(TrustError) -> Parsed {
        guard pem.utf8.count <= maxBytes else {
            throw TrustError(
                "a trust bundle has at most \(maxBytes) bytes, this one \(pem.utf8.count)", at: path)
        }
        guard !pem.contains("PRIVATE KEY-----") else {
            throw TrustError(
                "contains a private key; publish certificates only and replace that key", at: path)
        }
        let all: [Certificate]
        do {
            all = try Certificate.parseChain(pem: pem)
        } catch {
            throw TrustError("is not a PEM bundle of root certificates: \(error.message)", at: path)
        }
        var warnings: [Finding] = []
        func warn(_ message: String) {
            warnings.append(Finding(severity: .warning, path: path, message: message))
        }
        var kept: [Certificate] = []
        for (index, certificate) in all.enumerated() {
            let name = "certificate \(index + 1) (\(certificate.subject))"
            guard certificate.isCA else {
                throw TrustError(
                    "\(name) is not a CA certificate; a bundle holds roots, not leaves", at: path)
            }
            if kept.contains(certificate) {
                warn("\(name) is there twice")
                continue
            }
            if certificate.notAfter < now {
                warn("\(name) expired at \(certificate.notAfter.rfc3339) and is left out")
                continue
            }
            if certificate.notBefore > now {
                let skew = spoken(certificate.notBefore - now)
                warn("\(name) is not valid before \(certificate.notBefore.rfc3339), in \(skew)")
            } else if certificate.notAfter - now < .seconds(30 * 86_400) {
                warn("\(name) expires in \(spoken(certificate.notAfter - now))")
            }
            kept.append(certificate)
        }
        guard !kept.isEmpty else {
            let dates = all.map(\.notAfter.rfc3339).joined(separator: ", ")
            throw TrustError(
                "every certificate has expired (\(dates)); get the new root from the peer", at: path)
        }
        guard kept.count <= maxRoots else {
            throw TrustError("a trust bundle has at most \(maxRoots) roots, this one \(kept.count)", at: path)
        }
        return Parsed(bundle: TrustBundle(roots: kept), warnings: warnings)
    }

    /// The roots as PEM.
    public var pem: String { roots.map(\.pem).joined() }

    /// SHA-256 over the roots' fingerprints in sorted order, in lower-case hexadecimal: equal for equal sets.
    public var fingerprint: String {
        let prints = roots.map { Hex.encode($0.sha256) }.sorted()
        return Hex.encode(sha256(Array(prints.joined().utf8)))
    }

    /// When the first of its roots ends; nil for an empty bundle.
    public var earliestExpiry: WallTime? { roots.map(\.notAfter).min() }

    /// True when both hold the same roots in any order.
    public static func == (lhs: TrustBundle, rhs: TrustBundle) -> Bool {
        Set(lhs.roots) == Set(rhs.roots)
    }

    /// Hashes the set of roots.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(Set(roots))
    }
}
