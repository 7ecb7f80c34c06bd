package import Flow

/// Which functions of the database are in force after every migration, and what triggers make of them.
package struct StoredRoutines {
    private var live: [Key: Place] = [:]
    private var triggers: [Key: StoredChange.Trigger] = [:]

    private struct Key: Hashable {
        let name: String
        /// The number of arguments, by which PostgreSQL tells functions of one name apart; the table of a trigger.
        let detail: String
    }

    private struct Place: Hashable {
        let unit, routine: Int
    }

    /// - Parameter order: the units as their migrations run.
    package init(_ units: [Unit], order: [Int]) {
        for unit in order {
            for change in units[unit].stored {
                switch change {
                case .define(let name, let arity, let routine): live[Key(name: name, detail: String(arity))] = Place(unit: unit, routine: routine)
                case .drop(let name, let arity?): live[Key(name: name, detail: String(arity))] = nil
                case .drop(let name, nil): for key in live.keys where key.name == name { live[key] = nil }
                case .trigger(let name, let trigger): triggers[Key(name: name, detail: trigger.table)] = trigger
                case .dropTrigger(let name, let table?): triggers[Key(name: name, detail: table)] = nil
                case .dropTrigger(let name, nil): for key in triggers.keys where key.name == name { triggers[key] = nil }
                }
            }
        }
    }

    /// The triggers in force, whatever the order in which a dictionary gives them.
    private var inOrder: [(name: String, trigger: StoredChange.Trigger)] {
        triggers.sorted { ($0.key.detail, $0.key.name) < ($1.key.detail, $1.key.name) }.map { ($0.key.name, $0.value) }
    }

    /// The units without the definitions that a later one has replaced; a trigger's function ends in the insert of the
    /// row that it lets pass.
    package func settle(_ units: [Unit]) -> [Unit] {
        let live = Set(live.values)
        return settle(units) { $1.entry != .stored || live.contains($0) }
    }

    /// Those definitions alone which a later one of the same name has replaced; nothing where there are none.
    package func replaced(in units: [Unit]) -> [Unit] {
        let names = Set(live.keys.map(\.name)), live = Set(live.values)
        let defined = units.map { $0.stored.isEmpty ? Unit() : $0 }
        let found = settle(defined) { $1.entry == .stored && !live.contains($0) && names.contains($1.name) }
        return found.contains { !$0.routines.isEmpty } ? found : []
    }

    private func settle(_ units: [Unit], keeping isKept: (Place, Routine) -> Bool) -> [Unit] {
        let inserting = Dictionary(inOrder.map(\.trigger).filter { $0.seesRows && $0.events.contains(.insert) }.map { ($0.function, $0) }) { first, _ in first }
        return units.enumerated().map { at, unit in
            guard !unit.stored.isEmpty else { return unit }
            var copy = unit
            copy.routines = unit.routines.enumerated().compactMap { number, routine in
                guard isKept(Place(unit: at, routine: number), routine) else { return nil }
                guard routine.entry == .stored else { return routine }
                var settled = routine
                // What runs behind an insert and refuses nothing has nothing to do with whether it happens.
                settled.body = routine.body.passing(through: inserting[routine.name].flatMap { $0.isBefore || routine.body.mayRefuse ? $0 : nil })
                return settled
            }
            return copy
        }
    }

    /// The triggers in force, and what they keep from happening, whatever the statement that writes.
    package func guards(_ units: [Unit]) -> [SchemaChange] {
        inOrder.flatMap { name, trigger -> [SchemaChange] in
            // The function of a trigger takes no arguments.
            let place = live[Key(name: trigger.function, detail: "0")], body = place.map { units[$0.unit].routines[$0.routine].body }
            let decision = body?.decision(isBefore: trigger.isBefore && trigger.seesRows) ?? .never
            var found: [SchemaChange] = [
                .addTrigger(trigger.table, Schema.Trigger(on: trigger.events, decision, function: trigger.function), by: name)
            ]
            guard let body, trigger.seesRows else { return found }
            if trigger.events.contains(.insert), body.testsUnderLock { found.append(.guardInserts(trigger.table, by: trigger.function)) }
            if trigger.events.contains(.update), trigger.isBefore {
                found += body.testedBefore.sorted().map { .guardChanges(trigger.table, column: $0, by: trigger.function) }
            }
            return found
        }
    }
}

extension [Step] {
    /// The insert in the place of the calls that stand for it.
    fileprivate func passing(through trigger: StoredChange.Trigger?) -> [Step] {
        compactMap { step in
            guard case .call(let call) = step.kind, [StoredChange.passesRow, StoredChange.endsTrigger].contains(call.callee) else {
                return step.withBodies { $0.passing(through: trigger) }
            }
            // What a trigger after the insert gives back is not looked at.
            guard let trigger, !trigger.isBefore || call.callee == StoredChange.passesRow else { return nil }
            var write = Write(.insert, table: trigger.table)
            write.openValues = [.newRow]
            write.api = .stored
            return Step(id: step.id, span: step.span, kind: .write(write))
        }
    }

    /// Takes a lock, reads behind it, and may refuse.
    fileprivate var testsUnderLock: Bool {
        var locks = false, reads = false, refuses = false
        visit { step in
            switch step.kind {
            case .lock: locks = true
            case .read(let read):
                if locks, read.lock == nil { reads = true }
                if read.lock == .update { locks = true }
            // The change of a row waits for others, and its condition is asked of the row as they left it.
            case .write(let write) where write.operation == .update:
                locks = true
                reads = reads || write.filters.contains { $0.comparison != .equal }
            case .exit(.throw): refuses = refuses || reads
            default: break
            }
        }
        return refuses
    }

    /// By what it may refuse the change.
    fileprivate func decision(isBefore: Bool) -> Schema.Trigger.Decision {
        var refuses = mayRefuse, columns: Set<String> = [], reads: Set<String> = [], changes: Set<String> = []
        visit { step in
            switch step.kind {
            case .branch(let condition, _, _):
                for case .member(.parameter(_, let row), let column) in condition.parts where row == "NEW" || row == "OLD" {
                    columns.insert(column.lowercased())
                }
            case .read(let read): if let table = read.table { reads.insert(table.lowercased()) }
            case .write(let write): if let table = write.table, write.operation == .update || write.operation == .upsert { changes.insert(table.lowercased()) }
            case .call(let call): if isBefore, call.callee == StoredChange.endsTrigger { refuses = true }
            default: break
            }
        }
        if refuses { return .by(columns: columns, reads: reads, changes: changes) }
        return changes.isEmpty ? .never : .by(columns: [], reads: [], changes: changes)
    }

    fileprivate var mayRefuse: Bool {
        var found = false
        visit { if case .exit(.throw) = $0.kind { found = true } }
        return found
    }

    /// The columns of the row as it was on which it depends whether the change is refused.
    fileprivate var testedBefore: Set<String> {
        var found: Set<String> = []
        // What no arm has let pass is refused at the end.
        let refusesRest = refuses
        visit { step in
            guard case .branch(let condition, let then, let otherwise) = step.kind, refusesRest || then.refuses || otherwise.refuses else { return }
            for case .member(.parameter(1, _), let column) in condition.parts { found.insert(column.lowercased()) }
        }
        return found
    }

    private var refuses: Bool { contains { if case .exit(.throw) = $0.kind { true } else { false } } }
}
