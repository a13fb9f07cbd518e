package import Resources

/// What a client may say about a write beside the object.
package struct WriteOptions: Sendable {
    /// The API version of the request: the object is read and answered in it.
    ///
    /// `nil` is the storage version.
    package var version: String?
    /// Do everything but store.
    package var isDryRun = false
    /// What is done about unknown fields.
    package var validation = FieldValidation.warn

    /// A plain write.
    package init() {}

    /// A write with options.
    package init(version: String?, isDryRun: Bool = false, validation: FieldValidation = .warn) {
        self.version = version
        self.isDryRun = isDryRun
        self.validation = validation
    }
}

/// How a deletion treats what the object owns, and which object it means.
package struct DeleteOptions: Sendable {
    /// What becomes of dependents.
    package enum Propagation: String, Sendable {
        /// They are deleted after their owner.
        case background = "Background"
        /// They are deleted before their owner.
        case foreground = "Foreground"
        /// They stay and lose the reference.
        case orphan = "Orphan"
    }

    /// The uid the object must have.
    package var uid: String?
    /// The version the object must have.
    package var resourceVersion: String?
    /// What becomes of dependents.
    package var propagation = Propagation.background
    /// Do everything but delete.
    package var isDryRun = false

    /// A plain deletion.
    package init() {}
}

extension DeleteOptions.Propagation {
    /// The finalizer that holds the owner back until its dependents are dealt with.
    var finalizer: String? {
        switch self {
        case .background: nil
        case .foreground: "foregroundDeletion"
        case .orphan: "orphan"
        }
    }
}
