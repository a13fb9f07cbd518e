import Document
import HTTPCodec
import HTTPService
import Resources

/// Reads the query parameters of requests.
struct RequestOptions {
    private let request: HTTPRequest

    init(_ request: HTTPRequest) { self.request = request }

    private func value(_ name: String) -> String? { request.queryValue(name) }

    private func invalid(_ field: String, _ value: String, allowed: [String]) -> ResourceError {
        let cause = ResourceError.Cause.notSupported(
            field, value: ObjectMetadata.quoted(value), supported: allowed)
        return ResourceError(
            code: 422, reason: "Invalid", message: "the request is invalid: \(cause.description)",
            details: ResourceError.Details(causes: [cause]))
    }

    /// `?dryRun=All`.
    func isDryRun() throws(ResourceError) -> Bool {
        let values = request.query.filter { $0.0 == "dryRun" }.map(\.1)
        for value in values where value != "All" { throw invalid("dryRun", value, allowed: ["All"]) }
        return !values.isEmpty
    }

    /// The options of a write.
    func write(version: String) throws(ResourceError) -> WriteOptions {
        let text = value("fieldValidation") ?? ""
        guard let validation = text.isEmpty ? .warn : FieldValidation(rawValue: text) else {
            throw invalid("fieldValidation", text, allowed: ["Ignore", "Strict", "Warn"])
        }
        return WriteOptions(version: version, isDryRun: try isDryRun(), validation: validation)
    }

    /// What a list or watch is narrowed down to.
    func selection(_ type: ResourceType) throws(ResourceError) -> Selection {
        var selection = Selection()
        if let text = value("labelSelector"), !text.isEmpty {
            guard let labels = LabelSelector(query: text) else {
                throw .badRequest("unable to parse requirement: \"\(text)\" is not a label selector")
            }
            selection.labels = labels
        }
        if let text = value("fieldSelector"), !text.isEmpty {
            selection.fields = try FieldSelector(text, type)
        }
        return selection
    }

    /// `resourceVersion`; `nil` when absent or empty.
    func resourceVersion() throws(ResourceError) -> UInt64? {
        guard let text = value("resourceVersion"), !text.isEmpty else { return nil }
        guard let version = ResourceVersion(text) else {
            throw .badRequest("resourceVersion: \"\(text)\" is not a version; expected a decimal number")
        }
        return version.value
    }

    /// A boolean parameter; absent is false.
    func flag(_ name: String) -> Bool { ["true", "1"].contains(value(name) ?? "") }

    /// `timeoutSeconds`; `nil` when absent or not positive.
    func timeout() throws(ResourceError) -> Duration? {
        guard let text = value("timeoutSeconds"), !text.isEmpty else { return nil }
        guard let seconds = Int64(text), seconds < 1 << 31 else {
            throw .badRequest("timeoutSeconds: \"\(text)\" is not a number of seconds")
        }
        return seconds > 0 ? .seconds(seconds) : nil
    }

    /// What the rows of a Table carry.
    func includeObject() throws(ResourceError) -> Table.IncludeObject {
        let text = value("includeObject") ?? ""
        guard let include = text.isEmpty ? .metadata : Table.IncludeObject(rawValue: text) else {
            throw invalid("includeObject", text, allowed: ["Metadata", "None", "Object"])
        }
        return include
    }

    /// The options of a deletion: the body's, and `dryRun` and `propagationPolicy` of the query.
    func delete() throws(ResourceError) -> DeleteOptions {
        var options = DeleteOptions()
        options.isDryRun = try isDryRun()
        var policy = value("propagationPolicy")
        if !request.body.isEmpty {
            let media = RequestBody.mediaType(request)
            guard ["", "application/json"].contains(media) else {
                throw .unsupportedMediaType(accepted: ["application/json"])
            }
            let body = try RequestBody.json(request.body)
            guard body.object != nil else { throw .badRequest("the delete options must be an object") }
            options.uid = body.at("preconditions", "uid")?.string
            options.resourceVersion = body.at("preconditions", "resourceVersion")?.string
            policy = body["propagationPolicy"]?.string ?? policy
            for value in body["dryRun"]?.array ?? [] {
                guard value.string == "All" else {
                    throw invalid("dryRun", value.string ?? "", allowed: ["All"])
                }
                options.isDryRun = true
            }
            if body["orphanDependents"]?.bool == true { options.propagation = .orphan }
        }
        if let policy, !policy.isEmpty {
            guard let propagation = DeleteOptions.Propagation(rawValue: policy) else {
                throw invalid("propagationPolicy", policy, allowed: ["Background", "Foreground", "Orphan"])
            }
            options.propagation = propagation
        }
        return options
    }

    /// Whether the client asks for a Table; throws 406 when it takes nothing the server makes.
    func wantsTable() throws(ResourceError) -> Bool {
        let accept = (request.headers["accept"] ?? "").lowercased()
        if accept.isEmpty { return false }
        for clause in accept.split(separator: ",") {
            let parts = clause.split(separator: ";").map { $0.filter { $0 != " " } }
            guard ["application/json", "application/*", "*/*"].contains(parts.first ?? "") else { continue }
            if parts.contains("as=table") {
                if parts.contains("g=meta.k8s.io") { return true }
                continue
            }
            return false
        }
        throw ResourceError(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: application/json, "
                + "application/json;as=Table;v=v1;g=meta.k8s.io")
    }
}
