internal import COpenSSL

/// OpenSSL's connection errors in this house's words.
enum SessionFailure {
    static func explain(_ code: Int32, _ entry: ErrorQueue.Entry?, isEOF: Bool) -> TLSError {
        guard let entry else {
            return isEOF
                ? TLSError(.truncated, "the peer closed the connection without close_notify")
                : TLSError(.protocolError, "the TLS connection failed")
        }
        guard entry.library == ERR_LIB_SSL else {
            return TLSError(.protocolError, "the TLS connection failed: \(entry.text)")
        }
        // Alerts from the peer are reported as 1000 + the alert's number.
        if entry.reason >= SSL_AD_REASON_OFFSET, entry.reason < SSL_AD_REASON_OFFSET + 256 {
            let alert = UInt8(truncatingIfNeeded: entry.reason - SSL_AD_REASON_OFFSET)
            return TLSError(.peerAlert(alert), message(forAlert: alert))
        }
        switch entry.reason {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return TLSError(.certificateRequired, "the peer showed no certificate, but one is required")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_WRONG_SSL_VERSION:
            return TLSError(.protocolError, "no TLS version in common with the peer")
        case SSL_R_HTTP_REQUEST, SSL_R_WRONG_VERSION_NUMBER:
            return TLSError(.protocolError, "the peer does not speak TLS (\(entry.text))")
        default:
            return TLSError(.protocolError, "the TLS connection failed: \(entry.text)")
        }
    }

    static func message(forAlert alert: UInt8) -> String {
        let name = SSL_alert_desc_string_long(Int32(alert)).map { String(cString: $0) } ?? "unknown"
        switch Int32(alert) {
        case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
            SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA, SSL_AD_ACCESS_DENIED:
            return "the peer refused our certificate (alert \(alert), \(name))"
        case SSL_AD_CERTIFICATE_REQUIRED:
            return "the peer requires a client certificate and we showed none (alert \(alert))"
        case SSL_AD_PROTOCOL_VERSION:
            return "the peer speaks no TLS version we do (alert \(alert))"
        case SSL_AD_UNRECOGNIZED_NAME:
            return "the peer does not serve the name we asked for (alert \(alert))"
        default:
            return "the peer ended the connection with TLS alert \(alert) (\(name))"
        }
    }
}
