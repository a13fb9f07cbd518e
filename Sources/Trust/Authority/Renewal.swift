public import Bytes
public import TLS

/// When certificates are replaced.
public enum Renewal {
    /// The moment to renew: half of the validity gone, moved by up to a tenth of it either way so that many leaves
    /// made together do not come back together.
    ///
    /// `random` is any random number; equal numbers give equal times.
    public static func time(of certificate: Certificate, random: UInt64) -> WallTime {
        // Leaves of ours begin before they were made; that part of their life was over at once.
        let backdated = certificate.notBefore + MeshCA.backdating
        let begin = backdated < certificate.notAfter ? backdated : certificate.notBefore
        return time(notBefore: begin, notAfter: certificate.notAfter, random: random)
    }

    /// The moment to renew something valid from `notBefore` to `notAfter`.
    public static func time(notBefore: WallTime, notAfter: WallTime, random: UInt64) -> WallTime {
        let lifetime = max(0, notAfter.seconds - notBefore.seconds)
        let span = lifetime / 5
        let shift = span == 0 ? 0 : Int64(random % UInt64(span)) - span / 2
        return WallTime(seconds: notBefore.seconds + lifetime / 2 + shift)
    }
}
