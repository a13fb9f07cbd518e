/// The configuration of one gateway process, a pure function of its input: equal input gives an equal snapshot.
///
/// Resources that make no sense are left out with a warning and never keep the rest from working.
public func translate(_ input: TranslateInput) -> TranslateResult {
    let translation = Translation(input)
    translation.checkPeers()
    for gateway in input.gateways.sorted(by: { $0.name < $1.name }) {
        switch gateway.role {
        case .mesh: translation.addMeshGateway(gateway)
        case .ingress: translation.addIngressGateway(gateway)
        case .egress: translation.addEgressGateway(gateway)
        case .northSouth: translation.addNorthSouthGateway(gateway)
        }
    }
    return translation.finish()
}
