import Document
import HTTPCodec
import HTTPService
import Resources

extension HTTPResponse {
    /// A document of the API.
    static func node(_ node: Node, status: Int = 200, warnings: [String] = []) -> HTTPResponse {
        object(JSON.bytes(node), status: status, warnings: warnings)
    }

    /// A document of the API, already JSON.
    static func object(_ json: [UInt8], status: Int = 200, warnings: [String] = []) -> HTTPResponse {
        var response = HTTPResponse.json(json, status: status)
        response.headers.set("Cache-Control", "no-cache, private")
        for warning in warnings.prefix(100) {
            response.headers.add("Warning", "299 - \"\(quotable(warning))\"")
        }
        return response
    }

    /// An error as a Status.
    static func failure(_ error: ResourceError) -> HTTPResponse {
        var response = node(error.statusNode, status: error.code)
        if let seconds = error.details?.retryAfterSeconds, seconds > 0 {
            response.headers.set("Retry-After", String(seconds))
        }
        return response
    }

    /// What clients take as "there is no such API".
    static let pageNotFound = HTTPResponse.text("404 page not found\n", status: 404)

    /// A header's quoted string: quotes and backslashes escaped, no control characters, not too long.
    private static func quotable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(512) {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
