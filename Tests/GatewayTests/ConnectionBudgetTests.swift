import Synchronization
import Testing

@testable import Gateway

struct ConnectionBudgetTests {
    /// What a member was told, in order.
    private final class Told: Sendable {
        let events = Mutex<[String]>([])
        func note(_ event: String) { events.withLock { $0.append(event) } }
        var all: [String] { events.withLock { $0 } }
    }

    /// Something to be told apart by.
    private final class Name: Sendable {}

    private let told = Told()
    private let budget = ConnectionBudget()
    private let names = [Name(), Name(), Name()]

    private func id(_ number: Int) -> ObjectIdentifier { ObjectIdentifier(names[number]) }

    private func joinAll() {
        let told = told
        for number in names.indices {
            budget.join(
                .init(
                    id: id(number), granted: { told.note("\(number) granted") },
                    asked: { told.note("\(number) asked") }))
        }
    }

    @Test func handsConnectionsToTheFirstInLine() {
        joinAll()
        #expect(budget.take(limit: 2) && budget.take(limit: 2))
        #expect(!budget.take(limit: 2))
        #expect(!budget.takeOrWait(id(1), limit: 2))
        #expect(!budget.takeOrWait(id(1), limit: 2), "one place in line each")
        #expect(!budget.takeOrWait(id(2), limit: 2))
        #expect(told.all == ["0 asked", "2 asked", "0 asked", "1 asked"])
        budget.giveBack(limit: 2)
        budget.giveBack(limit: 2)
        #expect(told.all.suffix(2) == ["1 granted", "2 granted"])
        #expect(budget.inLine == 0 && budget.count == 2, "handed on, not given up")
        budget.giveBack(limit: 2)
        #expect(budget.count == 1)
    }

    @Test func shrinksToALowerLimitBeforeItGrants() {
        joinAll()
        for _ in 0..<3 { #expect(budget.take(limit: 3)) }
        #expect(!budget.takeOrWait(id(0), limit: 2))
        budget.giveBack(limit: 2)
        #expect(budget.count == 2 && budget.inLine == 1)
        budget.giveBack(limit: 2)
        #expect(told.all.last == "0 granted")
    }

    @Test func whoLeavesLosesItsPlace() {
        joinAll()
        #expect(budget.take(limit: 1) && !budget.takeOrWait(id(0), limit: 1))
        budget.leave(id(0))
        budget.giveBack(limit: 1)
        #expect(budget.count == 0 && !told.all.contains("0 granted"))
    }

    @Test func neverMoreThanTheLimitWhateverTheThreads() async {
        let budget = budget
        let seen = Told()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<2000 where budget.take(limit: 2) {
                        if budget.count > 2 { seen.note("\(budget.count)") }
                        budget.giveBack(limit: 2)
                    }
                }
            }
        }
        #expect(budget.count == 0 && seen.all.isEmpty)
    }
}
