internal import Bytes
internal import Reactor
internal import TLS

/// TLS on a wire: what ciphertext leads to.
extension Wire {
    /// Speaks TLS from here on; what is in `input` is taken as ciphertext.
    func secure(_ session: TLSSession) {
        self.session = session
        if !input.isEmpty {
            input.withReadable { session.receive($0) }
            input.clear()
        }
        if isInputEnded {
            session.receiveEOF()
            isInputEnded = false
        }
        // A client speaks first; a server may have the hello already.
        advanceTLS()
    }

    var isSecured: Bool { session?.isHandshakeDone ?? false }

    /// What ciphertext led to; the owner is told afterwards.
    struct TLSOutcome {
        var isSecured = false
        var hasInput = false
        /// `input` was full before the ciphertext was used up.
        var isFull = false
        var error: TLSError?
    }

    func advanceTLS() {
        guard isOpen, session != nil else { return }
        report(stepTLS())
    }

    func report(_ outcome: TLSOutcome) {
        if outcome.isSecured {
            // The end of the handshake leaves with the owner's first bytes, if there are any by then.
            isFlightHeld = true
            owner?.wireSecured(self)
            guard isOpen else { return }
            loop.afterBatch { [self] in sendOutput() }
        }
        if outcome.hasInput || (outcome.isSecured && (!input.isEmpty || isInputEnded)) {
            owner?.wireReadable(self)
        }
        if let error = outcome.error, isOpen { fail(.tls(error)) }
        // No event tells of ciphertext that is here already: an owner that made room gets the rest now.
        if outcome.isFull, isOpen, !isPaused, input.count < inputLimit { advanceTLS() }
    }

    /// Goes on with the handshake and decrypts what is there.
    func stepTLS() -> TLSOutcome {
        var outcome = TLSOutcome()
        guard let session else { return outcome }
        if !session.isHandshakeDone {
            do throws(TLSError) {
                let result = try session.handshake()
                guard result == .done else {
                    sendOutput()
                    return outcome
                }
            } catch {
                sendOutput()
                outcome.error = error
                return outcome
            }
            outcome.isSecured = true
        }
        decrypt(session, &outcome)
        return outcome
    }

    /// Moves plaintext into `input` up to its limit.
    private func decrypt(_ session: TLSSession, _ outcome: inout TLSOutcome) {
        guard isOpen, !isInputEnded else { return }
        if input.capacity == 0 { input = loop.takeQueue() }
        defer { if input.isEmpty { loop.giveBack(&input) } }
        while input.count < inputLimit {
            var result: Swift.Result<TLSSession.ReadResult, TLSError> = .success(.needsMore)
            input.withWritable(minimum: 16 * 1024) { room in
                do throws(TLSError) {
                    let step = try session.read(into: room)
                    result = .success(step)
                    if case .bytes(let count) = step { return count }
                } catch {
                    result = .failure(error)
                }
                return 0
            }
            switch result {
            case .success(.bytes):
                outcome.hasInput = true
                // OpenSSL need not be asked in order to say that it has nothing.
                if !session.mayHaveMore { return answerPeer(session, outcome) }
            case .success(.needsMore): return answerPeer(session, outcome)
            case .success(.closed):
                isInputEnded = true
                outcome.hasInput = true
                return
            case .success(.truncated):
                isInputEnded = true
                isTruncated = true
                outcome.hasInput = true
                return
            case .failure(let error):
                outcome.error = error
                return
            }
        }
        outcome.isFull = true
    }

    /// A key update or a ticket may want an answer.
    private func answerPeer(_ session: TLSSession, _ outcome: TLSOutcome) {
        if !session.output.isEmpty, !outcome.isSecured { sendOutput() }
    }
}
