internal import EnvoyConfig
internal import Reactor

/// Sources that are polled by REST, one question for each resource or kind.
extension DynamicResources {
    func poll(_ key: SubscriptionKey, _ api: APIConfigSource) async {
        var question = PollState()
        let names = key.isWhole ? [] : [key.name]
        var isFailing = false
        while !Task.isCancelled {
            let request = question.request(key.kind, names: names, from: bootstrap.identity)
            let answer: RESTPoller.Answer
            if let target = await gateway.target(api.clusterNames[0]) {
                answer = await poller.ask(key.kind, request, target, timeout: api.requestTimeout)
            } else {
                answer = .failed("no cluster '\(api.clusterNames[0])'")
            }
            if Task.isCancelled { return }
            switch answer {
            case .unchanged: isFailing = false
            case .response(let response):
                isFailing = false
                await judge(key, response, &question)
            case .unreadable(let error):
                isFailing = false
                if let refusal = await offer([key], .failure(error)) { question.refused(refusal.description) }
            case .failed(let reason):
                counts[key, default: DeliveryCounts()].failed()
                if !isFailing {
                    Log.warning(
                        "xds", "the control plane does not answer; what is in force stays",
                        ["type": key.kind.rawValue, "name": key.name, "error": reason])
                }
                isFailing = true
            }
            let delay = api.refreshDelay ?? .seconds(1)
            try? await Task.sleep(for: delay + delay * Double.random(in: 0...1))
        }
    }

    private func judge(
        _ key: SubscriptionKey, _ response: DiscoveryResponse, _ question: inout PollState
    ) async {
        let offered: Result<ResourceUpdate, ConfigError>
        do throws(ConfigError) {
            offered = .success(try ResourceUpdate(answer: response, to: key))
        } catch {
            offered = .failure(error)
        }
        if let refusal = await offer([key], offered) {
            question.refused(refusal.description)
        } else {
            question.accepted(response.versionInfo)
        }
    }
}
