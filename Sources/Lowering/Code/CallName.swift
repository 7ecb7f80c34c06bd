import Flow
import Vocabulary

/// What the name of a callee tells by itself; looked up once for each name of a file.
struct CallName {
    /// The method: `pay` in `this.orders.pay`.
    let last: String
    /// What the method belongs to where that is one name: `orders` in `this.orders.pay`.
    let owner: String?
    let effect: Effect.Kind?
    /// The callee may be code of the project or of a library that does something.
    let mayActElsewhere: Bool
    let registersRoute: Bool
    let purpose: Call.Purpose?
    /// The project's configuration names it.
    let isOwn: Bool

    /// - Parameter packages: what package each imported name is of.
    init(_ callee: String, _ vocabulary: Vocabulary, _ packages: [String: String]) {
        let bytes = callee.utf8
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        last = parts.last.map { String($0) ?? "" } ?? ""
        let owners = parts.dropLast().drop { $0.elementsEqual("this".utf8) }
        owner = owners.count == 1 ? String(owners[owners.startIndex]) : nil
        let root = String(callee.prefix { $0 != "." && $0 != "(" })
        effect = pureGlobals.contains(root) ? nil : vocabulary.calls.effect(of: callee)
        mayActElsewhere = !callee.isEmpty && bytes.first != UInt8(ascii: ".") && !pureGlobals.contains(root) && !vocabulary.phrases.contains(last)
        let own = vocabulary.surfaces.own.purpose(of: callee)
        isOwn = own != nil
        purpose = own ?? vocabulary.surfaces.purpose(of: callee, from: packages[root])
        registersRoute = parts.count > 1 && vocabulary.calls.routes.contains(last)
    }
}

extension SourceFile {
    func callName(_ callee: String) -> CallName {
        if let known = callNames[callee] { return known }
        let name = CallName(callee, vocabulary, packageNames)
        callNames[callee] = name
        return name
    }
}
