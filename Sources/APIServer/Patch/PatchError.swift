/// Why a patch could not be applied.
enum PatchError: Error, Equatable {
    /// The patch itself is malformed: the client is at fault whatever the object looks like.
    case malformed(String)
    /// The patch is well formed but does not fit this object: a failed `test`, a path that is not there.
    case inapplicable(String)

    /// What is wrong, for a person.
    var message: String {
        switch self {
        case .malformed(let text), .inapplicable(let text): text
        }
    }
}
