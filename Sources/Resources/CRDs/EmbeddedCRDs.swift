// Made by Tests/tools/embed-crds.sh from charts/hanse/crds; change those files.
/// The CustomResourceDefinitions this program was built with, as YAML by plural name.
public enum EmbeddedCRDs {
    /// Plural names and texts, ordered by file name.
    public static let all: KeyValuePairs<String, String> = [
        "exportedservicesets": exportedservicesets,
        "importedservicesets": importedservicesets,
        "servicemeshpeers": servicemeshpeers,
        "servicemeshcontrolplanes": servicemeshcontrolplanes,
        "servicemeshmemberrolls": servicemeshmemberrolls,
        "servicemeshmembers": servicemeshmembers,
        "destinationrules": destinationrules,
        "gateways": gateways,
        "serviceentries": serviceentries,
        "virtualservices": virtualservices,
        "workloadentries": workloadentries,
    ]
}
