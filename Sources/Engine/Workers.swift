import Discovery
import Flow
import Lowering
import Synchronization
import Vocabulary

/// The task groups of the engine; linking has one of its own. Results come in the order of what was asked, however the work was shared.
struct Workers: Sendable {
    let count: Int

    func map<Item: Sendable, Result: Sendable>(_ items: [Item], _ work: @escaping @Sendable (Item) -> Result) async -> [Result] {
        let turns = Counter(), share = 16
        return await withTaskGroup(of: [(Int, [Result])].self) { group in
            for _ in 0..<min(count, max(1, items.count)) {
                group.addTask {
                    var mine: [(Int, [Result])] = []
                    while true {
                        let start = turns.next() * share
                        guard start < items.count else { return mine }
                        mine.append((start, items[start..<min(start + share, items.count)].map(work)))
                    }
                }
            }
            var all: [(Int, [Result])] = []
            for await part in group { all.append(contentsOf: part) }
            return all.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// With a parser for each worker; largest files first, so that no worker is left alone with one at the end.
    func parse<Result: Sendable>(
        _ files: [Discovered.File], _ vocabularies: Vocabularies, _ work: @escaping @Sendable (Discovered.File, FileID, borrowing Lowering) -> Result
    ) async -> [Result] {
        let order = files.indices.sorted { (files[$0].size, $1) > (files[$1].size, $0) }
        let turns = Counter(), grammars = Grammars()
        return await withTaskGroup(of: [(Int, Result)].self) { group in
            for _ in 0..<min(count, max(1, files.count)) {
                group.addTask {
                    let lowering = Lowering(grammars, vocabularies)
                    var mine: [(Int, Result)] = []
                    while true {
                        let turn = turns.next()
                        guard turn < order.count else { return mine }
                        mine.append((order[turn], work(files[order[turn]], FileID(order[turn]), lowering)))
                    }
                }
            }
            var all: [(Int, Result)] = []
            for await part in group { all.append(contentsOf: part) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
