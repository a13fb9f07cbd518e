extension ResourceError {
    private static func details(_ type: ResourceType, _ name: String) -> Details {
        Details(name: name, group: type.group, kind: type.plural)
    }

    /// 404: no such object.
    public static func notFound(_ type: ResourceType, _ name: String) -> ResourceError {
        ResourceError(
            code: 404, reason: "NotFound", message: "\(type.qualifiedPlural) \"\(name)\" not found",
            details: details(type, name))
    }

    /// 409: the object to create is there already.
    public static func alreadyExists(_ type: ResourceType, _ name: String) -> ResourceError {
        ResourceError(
            code: 409, reason: "AlreadyExists",
            message: "\(type.qualifiedPlural) \"\(name)\" already exists", details: details(type, name))
    }

    /// 409: the write is based on an old version.
    public static func conflict(_ type: ResourceType, _ name: String) -> ResourceError {
        conflict(
            type, name,
            why: "the object has been modified; please apply your changes to the latest version and try again"
        )
    }

    /// 409 with a reason of its own.
    public static func conflict(_ type: ResourceType, _ name: String, why: String) -> ResourceError {
        ResourceError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(type.qualifiedPlural) \"\(name)\": \(why)",
            details: details(type, name))
    }

    /// 409: another object of this name than the one meant.
    public static func uidConflict(
        _ type: ResourceType, _ name: String, precondition: String, current: String
    ) -> ResourceError {
        ResourceError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(type.qualifiedKind) \"\(name)\": the UID in the "
                + "precondition (\(precondition)) does not match the UID in record (\(current)). "
                + "The object might have been deleted and then recreated",
            details: details(type, name))
    }

    /// 422: the object breaks its schema or its rules; every cause in one answer.
    public static func invalid(_ type: ResourceType, _ name: String, causes: [Cause]) -> ResourceError {
        let text = causes.map(\.description)
        let joined = text.count == 1 ? text[0] : "[\(text.joined(separator: ", "))]"
        return ResourceError(
            code: 422, reason: "Invalid", message: "\(type.qualifiedKind) \"\(name)\" is invalid: \(joined)",
            details: Details(name: name, group: type.group, kind: type.kind, causes: causes))
    }

    /// 400: the request cannot be understood.
    public static func badRequest(_ message: String) -> ResourceError {
        ResourceError(code: 400, reason: "BadRequest", message: message)
    }

    /// 400: fields the schema does not know or that come twice, found by strict field validation.
    ///
    /// `problems` are texts like `unknown field "spec.x"` and `duplicate field "data.a"`. What else is wrong goes along
    /// in `causes`, so that one answer names it all.
    public static func strictDecoding(
        _ type: ResourceType, version: String, problems: [String], causes: [Cause] = []
    ) -> ResourceError {
        let besides =
            causes.isEmpty ? "" : "; besides: " + causes.map(\.description).joined(separator: ", ")
        return badRequest(
            "\(type.kind) in version \"\(version)\" cannot be handled as a \(type.kind): "
                + "strict decoding error: \(problems.joined(separator: ", "))\(besides)")
    }

    /// 401: the caller is nobody we know.
    public static let unauthorized = ResourceError(
        code: 401, reason: "Unauthorized", message: "Unauthorized")

    /// 403 with its reason.
    public static func forbidden(_ type: ResourceType, _ name: String, why: String) -> ResourceError {
        let object = name.isEmpty ? type.qualifiedPlural : "\(type.qualifiedPlural) \"\(name)\""
        return ResourceError(
            code: 403, reason: "Forbidden", message: "\(object) is forbidden: \(why)",
            details: details(type, name))
    }

    /// 403: nothing is created in a namespace on its way out.
    public static func namespaceTerminating(
        _ type: ResourceType, _ name: String, namespace: String
    ) -> ResourceError {
        var error = forbidden(
            type, name,
            why: "unable to create new content in namespace \(namespace) because it is being terminated")
        error.details?.causes = [
            Cause(
                reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
                field: "metadata.namespace")
        ]
        return error
    }

    /// 405.
    public static let methodNotAllowed = ResourceError(
        code: 405, reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource")

    /// 406 or 415: a body or Accept header in a format we do not speak.
    public static func unsupportedMediaType(accepted: [String]) -> ResourceError {
        ResourceError(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }

    /// 410: a version that is no longer in the window.
    public static func expired(requested: ResourceVersion, oldest: ResourceVersion) -> ResourceError {
        ResourceError(
            code: 410, reason: "Expired", message: "too old resource version: \(requested) (\(oldest))")
    }

    /// 500: our fault.
    public static func internalError(_ message: String) -> ResourceError {
        ResourceError(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(message)",
            details: Details(causes: [Cause(reason: "", message: message, field: "")]))
    }

    /// 503: try again later; the server cannot be reached or is not ready.
    public static func unavailable(_ message: String) -> ResourceError {
        ResourceError(code: 503, reason: "ServiceUnavailable", message: message)
    }

    /// 504: a version nobody has seen yet.
    public static func tooLargeResourceVersion(
        requested: ResourceVersion, current: ResourceVersion
    ) -> ResourceError {
        ResourceError(
            code: 504, reason: "Timeout",
            message: "Too large resource version: \(requested), current: \(current)",
            details: Details(
                causes: [
                    Cause(
                        reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
                ], retryAfterSeconds: 1))
    }
}

extension ResourceError.Cause {
    /// A value that breaks a rule.
    ///
    /// `value` as it stands in messages: strings in quotes.
    public static func invalid(_ field: String, value: String, why: String) -> Self {
        Self(reason: "FieldValueInvalid", message: "Invalid value: \(value): \(why)", field: field)
    }

    /// A value of the wrong type, as structural schemas report it.
    public static func typeInvalid(_ field: String, expected: String, found: String) -> Self {
        Self(
            reason: "FieldValueTypeInvalid",
            message:
                "Invalid value: \"\(found)\": \(field) in body must be of type \(expected): \"\(found)\"",
            field: field)
    }

    /// A field that is missing.
    public static func required(_ field: String, why: String = "") -> Self {
        Self(
            reason: "FieldValueRequired", message: why.isEmpty ? "Required value" : "Required value: \(why)",
            field: field)
    }

    /// A value outside the allowed ones.
    ///
    /// `value` as it stands in messages.
    public static func notSupported(_ field: String, value: String, supported: [String]) -> Self {
        Self(
            reason: "FieldValueNotSupported",
            message: "Unsupported value: \(value): supported values: "
                + supported.map { "\"\($0)\"" }.joined(separator: ", "), field: field)
    }

    /// A value that may be there once only.
    public static func duplicate(_ field: String, value: String) -> Self {
        Self(reason: "FieldValueDuplicate", message: "Duplicate value: \(value)", field: field)
    }

    /// A field that may not be set.
    public static func forbidden(_ field: String, why: String) -> Self {
        Self(reason: "FieldValueForbidden", message: "Forbidden: \(why)", field: field)
    }
}
