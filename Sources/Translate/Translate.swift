import EnvoyConfig

/// The configuration of one gateway process.
public func translate(_ input: TranslateInput) -> TranslateResult {
    TranslateResult(snapshot: Snapshot(), routes: [], warnings: [])
}
