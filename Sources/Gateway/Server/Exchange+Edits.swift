internal import HTTPCodec

/// The header changes that the configuration asks for: those of the weight, of the route and of the virtual host.
///
/// Each list sees what the one before it made. Operators may read the connection, which the record holds only here
/// and while it is logged.
extension Exchange {
    /// Changes the request, before its path and host are rewritten.
    func editRequest() {
        let isChanged =
            target?.edits.isEmpty.request == false || route?.edits.isEmpty.request == false
            || host?.edits.isEmpty.request == false
        guard isChanged else { return }
        record.connection = client.connection
        // The try that follows is the first.
        record.attempts = 1
        target?.edits.applyToRequest(&head, &record)
        route?.edits.applyToRequest(&head, &record)
        host?.edits.applyToRequest(&head, &record)
        record.attempts = 0
        record.connection = nil
    }

    /// Changes an answer, be it the endpoint's or our own.
    func editResponse(_ answer: inout HeadView) {
        let isChanged =
            target?.edits.isEmpty.response == false || route?.edits.isEmpty.response == false
            || host?.edits.isEmpty.response == false
        guard isChanged else { return }
        record.connection = client.connection
        // Moved, not shared: a head that two hold is copied when one changes it.
        swap(&record.requestHead, &head)
        target?.edits.applyToResponse(&answer, &record)
        route?.edits.applyToResponse(&answer, &record)
        host?.edits.applyToResponse(&answer, &record)
        swap(&record.requestHead, &head)
        record.connection = nil
    }
}
