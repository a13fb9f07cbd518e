public import Document

extension SchemaRegistry {
    /// The registry of the CustomResourceDefinitions this program was built with.
    public static func embedded() throws(DocumentError) -> SchemaRegistry {
        var crds: [Node] = []
        for (name, text) in EmbeddedCRDs.all {
            crds += try YAML.parse(Array(text.utf8), file: "\(name).yaml")
        }
        return try SchemaRegistry(crds: crds)
    }
}
