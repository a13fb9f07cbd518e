import Document
import KubernetesClient
import Resources

/// Waits until one object is as it shall be.
struct ObjectWaiter {
    let session: ClusterSession

    /// What an object must become; nil stands for an object that is not there.
    typealias Condition = @Sendable (Node?) throws(CommandFailure) -> Bool

    /// Waits for a condition; false when the time is over.
    ///
    /// A duration of nil waits for ever.
    func wait(
        for target: ResourceTarget, name: String, timeout: Duration?, _ condition: @escaping Condition
    ) async throws(CommandFailure) -> Bool {
        let result = await withTaskGroup(of: Result<Bool, CommandFailure>?.self) { group in
            group.addTask {
                do throws(CommandFailure) {
                    try await follow(target, name, condition)
                    return .success(true)
                } catch {
                    return .failure(error)
                }
            }
            if let timeout {
                group.addTask {
                    try? await Task.sleep(for: timeout)
                    return nil
                }
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let result else { return false }
        return try result.get()
    }

    /// Lists and watches until the condition holds.
    private func follow(
        _ target: ResourceTarget, _ name: String, _ condition: Condition
    ) async throws(CommandFailure) {
        let selection = APIClient.Selection(namespace: target.namespace, fields: "metadata.name=\(name)")
        while !Task.isCancelled {
            let list = try await ClusterSession.call { () async throws(APIError) in
                try await session.api.list(target.resource, selection)
            }
            if try condition(list["items"]?[0]) { return }
            do {
                let watch = try await session.api.watch(
                    target.resource, selection, from: list.at("metadata", "resourceVersion")?.string ?? "")
                defer { watch.cancel() }
                while let event = try await watch.next() {
                    if event.type == "BOOKMARK" { continue }
                    if try condition(event.type == "DELETED" ? nil : event.object) { return }
                }
            } catch APIError.status(let error) where error.isExpired {
                continue
            } catch let error as APIError {
                throw .api(error)
            } catch let error as CommandFailure {
                throw error
            } catch {
                throw .message("\(error)")
            }
        }
    }
}
