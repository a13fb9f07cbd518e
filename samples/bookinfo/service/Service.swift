internal import Bytes
internal import Document
internal import HTTPCodec
internal import HTTPService
internal import Reactor
internal import Synchronization

/// Answers the requests of one service.
final class Service: Sendable {
    private let options: Options
    private let client = HTTPClient()
    private let requests = Mutex(0)

    init(options: Options) {
        self.options = options
    }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        switch request.path {
        case "/health": return .text("ok")
        case "/requests": return .text("\(requests.withLock { $0 })")
        default: break
        }
        requests.withLock { $0 += 1 }
        guard request.method == "GET" else { return .text("method not allowed\n", status: 405) }
        switch options.service {
        case "productpage": return await productPage()
        case "reviews": return await reviews()
        case "ratings": return json(["ratings": ["Reviewer1": 5, "Reviewer2": 4]])
        case "details": return json(book)
        default: return json([:])
        }
    }

    private func json(_ fields: Node) -> HTTPResponse {
        var node: Node = [
            "version": .init(.string(options.version)), "service": .init(.string(options.service)),
        ]
        for member in fields.object?.members ?? [] { node[member.key] = member.value }
        return .json(JSON.bytes(node))
    }

    private var book: Node {
        [
            "id": 0, "title": "The Comedy of Errors", "author": "William Shakespeare", "year": 1595,
            "type": "paperback", "pages": 200, "language": "English",
        ]
    }

    private func reviews() async -> HTTPResponse {
        let ratings = await call("ratings", "/ratings/0")
        let stars = ratings?.at("ratings", "Reviewer1") ?? Node(.null)
        return json([
            "reviews": [["reviewer": "Reviewer1", "text": "A play of two pairs of twins.", "stars": stars]]
        ])
    }

    private func productPage() async -> HTTPResponse {
        async let details = call("details", "/details/0")
        async let reviews = call("reviews", "/reviews/0")
        let (book, opinions) = await (details, reviews)
        let status = book == nil ? 503 : 200
        let title = escape(book?["title"]?.string ?? "Product details are not available")
        let version = escape(book?["version"]?.string ?? "none")
        let text = escape(opinions?.at("reviews")?[0]?["text"]?.string ?? "Product reviews are not available")
        var response = HTTPResponse.text(
            """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Bookinfo</title></head>
            <body><h1>\(title)</h1>
            <p>details \(version), reviews \(escape(opinions?["version"]?.string ?? "none"))</p>
            <blockquote>\(text)</blockquote>
            <p>productpage \(escape(options.version))</p></body></html>

            """, status: status)
        response.headers.set("content-type", "text/html; charset=utf-8")
        return response
    }

    /// Calls another service of the mesh by its name, through the mesh gateway; nil when it did not answer well.
    private func call(_ service: String, _ path: String) async -> Node? {
        let host = "\(service).bookinfo:9080"
        guard let proxy = options.proxy else { return nil }
        var request = HTTPClientRequest(address: proxy, target: "http://\(host)\(path)")
        request.headers.set("host", host)
        request.timeout = .seconds(10)
        do {
            let response = try await client.request(request)
            guard response.status == 200 else {
                Log.warning("bookinfo", "call failed", ["host": host, "status": "\(response.status)"])
                return nil
            }
            return try JSON.parse(response.body)
        } catch {
            Log.warning("bookinfo", "call failed", ["host": host, "error": "\(error)"])
            return nil
        }
    }

    private func escape(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
        return out
    }
}
