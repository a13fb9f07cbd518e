import Document
import HTTPCodec
import KubernetesClient
import Synchronization

/// A transport that answers from a script and remembers what it was asked.
final class FakeServer: APITransport {
    struct Answer: Sendable {
        var status = 200
        var headers = HTTPHeaders()
        var body: Node = [:]
        /// The pieces of a stream.
        var pieces: [String] = []
    }

    private struct State {
        var answers: [String: [Answer]] = [:]
        var requests: [APIRequest] = []
    }

    private let state = Mutex(State())
    let place = "fake:6443"

    /// Adds an answer to requests of this method and target.
    func answer(_ request: String, _ answer: Answer) {
        state.withLock { $0.answers[request, default: []].append(answer) }
    }

    var requests: [String] { state.withLock { $0.requests.map { "\($0.method) \($0.target)" } } }
    var last: APIRequest? { state.withLock { $0.requests.last } }

    private func next(_ request: APIRequest) throws(APIError) -> Answer {
        let found = state.withLock { state -> Answer? in
            state.requests.append(request)
            let key = "\(request.method) \(request.target)"
            guard var answers = state.answers[key], let first = answers.first else { return nil }
            if answers.count > 1 { answers.removeFirst() }
            state.answers[key] = answers
            return first
        }
        guard let found else { throw .refused(place: place) }
        return found
    }

    func send(_ request: APIRequest) async throws(APIError) -> APIResponse {
        let answer = try next(request)
        return APIResponse(status: answer.status, headers: answer.headers, body: JSON.bytes(answer.body))
    }

    func open(_ request: APIRequest) async throws(APIError) -> any APIStream {
        let answer = try next(request)
        return FakeStream(answer)
    }
}

final class FakeStream: APIStream {
    let status: Int
    let headers: HTTPHeaders
    private let pieces: Mutex<[String]>

    init(_ answer: FakeServer.Answer) {
        status = answer.status
        headers = answer.headers
        pieces = Mutex(answer.status == 200 ? answer.pieces : [JSON.serialize(answer.body)])
    }

    func next() async throws(APIError) -> [UInt8]? {
        pieces.withLock { $0.isEmpty ? nil : Array($0.removeFirst().utf8) }
    }

    func cancel() { pieces.withLock { $0 = [] } }
}
