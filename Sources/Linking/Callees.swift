import Flow

/// Which routine a call means: a function around the caller, a method of a class, or something imported.
struct Callees: Sendable {
    private let units: [Unit]
    /// For each file, the file that each of its module names means.
    private let modules: [[String: Int]]
    /// The functions of the database by name; those of which there are several with different arguments are left out.
    private let stored: [String: Int]
    /// For each file, its routines by name.
    private let names: [[String: Int]]
    private let python: MethodNames
    private let scripts: MethodNames
    /// For each file, the last parts of those names.
    private let lasts: [Set<String>]
    /// Interfaces that one class alone promises to have the methods of.
    private let promised: [String: (file: Int, type: String)]

    init(_ units: [Unit], modules: [[String: Int]], first: [Int]) {
        self.units = units
        self.modules = modules
        var names: [[String: Int]] = [], stored: [String: [Int]] = [:]
        for (file, unit) in units.enumerated() {
            var known: [String: Int] = [:], ambiguous: Set<String> = []
            for (at, routine) in unit.routines.enumerated() {
                if routine.entry == .stored { stored[routine.name, default: []].append(first[file] + at) }
                if known.updateValue(first[file] + at, forKey: routine.name) != nil { ambiguous.insert(routine.name) }
            }
            for name in ambiguous { known[name] = nil }
            names.append(known)
        }
        self.names = names
        python = MethodNames(units, names: names, first: first) { $0.interface.givesEverything }
        scripts = MethodNames(units, names: names, first: first) { !$0.interface.givesEverything }
        self.stored = stored.filter { $0.value.count == 1 }.mapValues { $0[0] }
        var promised: [String: [(file: Int, type: String)]] = [:]
        for (file, unit) in units.enumerated() {
            for (name, known) in unit.interface.classes { for interface in known.promises { promised[interface, default: []].append((file, name)) } }
        }
        self.promised = promised.compactMapValues { $0.count == 1 ? $0[0] : nil }
        lasts = names.map {
            Set($0.keys.map { name in String(name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name[name.utf8.index(after: $0)...] } ?? name[...]) })
        }
    }

    /// The number of the routine that is called; nil where it is not one of the project.
    func resolve(_ call: Call, from caller: String, in file: Int) -> Int? {
        if call.callee.hasPrefix("rpc:") { return stored[call.callee.dropFirst(4).lowercased()] }
        // `<form action={…}>` names no function.
        if case .sink(let sink)? = call.purpose, sink != .redirect, sink != .navigation { return nil }
        let parts = call.callee.split(separator: ".", maxSplits: 12)
        guard let first = parts.first, let last = parts.last else { return nil }
        if let type = call.type, let found = method(String(last), of: type, in: file, depth: 0) { return found }
        if let type = call.type, let only = promised[type], let at = names[only.file][only.type + "." + last] { return at }
        if let type = call.type, units[file].interface.givesEverything, let found = python.ofClass[type + "." + last] { return found }
        if first == "this" || first == "super", parts.count == 2 {
            guard let dot = caller.firstIndex(of: ".") else { return nil }
            let own = String(caller[..<dot])
            if first == "this" || units[file].interface.givesEverything && first == "super" && units[file].interface.classes[own]?.bases.isEmpty != false {
                // `this` of a class, or of the object whose method it is.
                return method(String(last), of: own, in: file, depth: 0) ?? names[file][own + "." + last]
            }
            return units[file].interface.classes[own]?.bases.firstMapped { method(String(last), of: $0, in: file, depth: 0) }
        }
        if lasts[file].contains(String(last)), let near = nearest(call.callee, around: caller, in: file) { return near }
        if let found = named(parts.map { String($0) }, in: file, depth: 0) { return found }
        guard parts.count > 1, call.type == nil, !isForeign(first, in: file) else { return nil }
        let known = units[file].interface.givesEverything ? python : scripts, owner = parts[parts.count - 2]
        return known.method(last, on: owner) ?? known.method(last, ofClassNamedAfter: owner, of: parts.count > 2 ? parts[parts.count - 3] : nil)
    }

    /// Another package brought the name in.
    private func isForeign(_ name: Substring, in file: Int) -> Bool {
        guard let reference = units[file].interface.imports[String(name)] else { return false }
        return modules[file][reference.module] == nil && modules[file][reference.module + "." + reference.name] == nil
    }

    /// The function of that name that stands nearest around the caller.
    private func nearest(_ name: String, around caller: String, in file: Int) -> Int? {
        var scope = caller[...]
        while true {
            if let at = names[file]["\(scope).\(name)"] { return at }
            guard let dot = scope.lastIndex(of: ".") else { break }
            scope = scope[..<dot]
        }
        return names[file][name]
    }

    /// `find`, `orders.find`, `api.orders.find`, as file `file` sees them.
    private func named(_ parts: [String], in file: Int, depth: Int) -> Int? {
        guard depth < 8, let first = parts.first else { return nil }
        let interface = units[file].interface
        let path = parts.joined(separator: ".")
        if let at = names[file][path] { return at }
        if let alias = interface.aliases[path] { return named(alias.split(separator: ".").map { String($0) }, in: file, depth: depth + 1) }
        if let type = interface.objects[first], parts.count == 2 { return method(parts[1], of: type, in: file, depth: depth + 1) }
        if interface.classes[first] != nil, parts.count == 2 { return method(parts[1], of: first, in: file, depth: depth + 1) }
        if let reference = interface.imports[first] {
            // `from . import crud`: the name may be a module of its own.
            let inner = reference.module.hasSuffix(".") ? reference.module + reference.name : reference.module + "." + reference.name
            if interface.givesEverything, reference.name != "*", let target = modules[file][inner], parts.count > 1 {
                if let found = imported("*", Array(parts.dropFirst()), from: target, depth: depth + 1) { return found }
            }
            if let target = modules[file][reference.module] { return imported(reference.name, Array(parts.dropFirst()), from: target, depth: depth + 1) }
        }
        guard interface.givesEverything else { return nil }
        for module in interface.passedOn {
            if let target = modules[file][module], let found = named(parts, in: target, depth: depth + 1) { return found }
        }
        return nil
    }

    /// What another file exports under a name, followed by properties.
    private func imported(_ name: String, _ rest: [String], from file: Int, depth: Int) -> Int? {
        guard depth < 8 else { return nil }
        if name == "*" {
            if let first = rest.first, let found = imported(first, Array(rest.dropFirst()), from: file, depth: depth + 1) { return found }
            // `const f = require('./f')`, where the file exports one thing as a whole
            return imported("default", rest, from: file, depth: depth + 1)
        }
        let interface = units[file].interface
        if interface.givesEverything { return named([name] + rest, in: file, depth: depth + 1) }
        switch interface.exports[name] {
        case .local(let local):
            if let found = named([local] + rest, in: file, depth: depth + 1) { return found }
            if let at = names[file][([local] + rest).joined(separator: ".")] { return at }
        case .passed(let reference):
            if let target = modules[file][reference.module] { return imported(reference.name, rest, from: target, depth: depth + 1) }
        case nil:
            for module in interface.passedOn {
                if let target = modules[file][module], let found = imported(name, rest, from: target, depth: depth + 1) { return found }
            }
            // `export default {find, create}`, `module.exports = {…}` as a whole
            if name != "default", interface.exports["default"] != nil, let at = names[file]["default." + ([name] + rest).joined(separator: ".")] { return at }
        }
        if name == "default", !rest.isEmpty { return names[file]["default." + rest.joined(separator: ".")] }
        return nil
    }

    /// A method of a class that file `file` knows by name, its own or inherited.
    private func method(_ name: String, of type: String, in file: Int, depth: Int) -> Int? {
        guard depth < 8 else { return nil }
        let interface = units[file].interface
        if let known = interface.classes[type] {
            if let at = names[file][type + "." + name] { return at }
            return known.bases.firstMapped { method(name, of: $0, in: file, depth: depth + 1) }
        }
        // What a function gives: the functions in it are called after it.
        if let at = names[file][type + "." + name] { return at }
        if let reference = interface.imports[type], let target = modules[file][reference.module] {
            return exported(name, ofClass: reference.name, from: target, depth: depth + 1)
        }
        guard interface.givesEverything else { return nil }
        for module in interface.passedOn {
            if let target = modules[file][module], let found = method(name, of: type, in: target, depth: depth + 1) { return found }
        }
        return nil
    }

    private func exported(_ name: String, ofClass type: String, from file: Int, depth: Int) -> Int? {
        guard depth < 8 else { return nil }
        // `const Orders = require('./orders')`
        if type == "*" { return exported(name, ofClass: "default", from: file, depth: depth + 1) }
        let interface = units[file].interface
        if interface.givesEverything { return method(name, of: type, in: file, depth: depth + 1) }
        switch interface.exports[type] {
        case .local(let local): return method(name, of: local, in: file, depth: depth + 1)
        case .passed(let reference):
            return modules[file][reference.module].flatMap { exported(name, ofClass: reference.name, from: $0, depth: depth + 1) }
        case nil:
            for module in interface.passedOn {
                if let target = modules[file][module], let found = exported(name, ofClass: type, from: target, depth: depth + 1) { return found }
            }
            return interface.classes[type] == nil ? nil : method(name, of: type, in: file, depth: depth + 1)
        }
    }
}
