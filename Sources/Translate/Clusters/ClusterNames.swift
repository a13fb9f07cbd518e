/// The names of clusters and server names.
enum ClusterNames {
    /// `outbound|<port>|<subset>|<host>`.
    static func outbound(_ port: Int, _ subset: String, _ host: String) -> String {
        "outbound|\(port)|\(subset)|\(host)"
    }

    /// `inbound|<port>||<host>`.
    static func inbound(_ port: Int, _ host: String) -> String {
        "inbound|\(port)||\(host)"
    }

    /// `outbound_.<port>_.<subset or _>_.<host>`, the SNI of a service.
    static func serverName(_ port: Int, _ subset: String, _ host: String) -> String {
        "outbound_.\(port)_.\(subset)_.\(host)"
    }
}
