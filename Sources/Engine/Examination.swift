import Discovery
import Flow
import Linking
import Lowering
import Rules
import Triage
import Vocabulary

/// Texts that make up one project, and what the rules find in them.
struct Examination: Sendable {
    var files: [Discovered.File]
    /// As they were surveyed, before the vocabulary was known.
    fileprivate var surveyed: [Survey.File]
    fileprivate(set) var survey: Survey
    fileprivate(set) var units: [Lowered]
    var routines = 0
    /// Where somebody wants to play the findings.
    var project: Project?
    /// Names that databases store as such, whatever they stand for in code.
    var storedNames: Set<String> = []
    var findings: [Finding] = []
    /// What a reader takes for one surface, and each place of it.
    var surfaces: [Surface] = [], places: [Surface] = []

    struct Lowered: Sendable {
        var unit: Unit?
        var size = 0
        var skip: Discovered.Skip?
        var warning: String?
    }

    func bytes(of span: Span) -> [UInt8] {
        let bytes = survey.files[Int(span.file.index)].bytes
        return Array(bytes[min(Int(span.start), bytes.count)..<min(Int(span.end), bytes.count)])
    }
}

extension Engine {
    /// prefilter → parse → lower → link → detect.
    ///
    /// - Parameters:
    ///   - known: an examination of the same files but for those that have `changed` and those behind its end; what it
    ///     learnt of the others is not learnt again.
    func examine(
        _ files: [Discovered.File], _ manifests: [String], _ read: @escaping @Sendable (String) throws -> [UInt8], knowing known: Examination? = nil,
        changed: Set<Int> = [], progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Examination {
        let manifests = manifests.compactMap { path in (try? read(path)).flatMap { Manifest(path: path, bytes: $0) } }
        let isKnown = { @Sendable (at: Int) in known != nil && at < known?.files.count ?? 0 && !changed.contains(at) }
        let models = catalogue.models
        let surveyed = await workers.map(Array(files.indices)) { at in
            if let known, isKnown(at) { known.surveyed[at] } else { Survey.File(files[at], models, read) }
        }
        let vocabularies = try Survey.vocabularies(of: surveyed, manifests, catalogue)
        let isSame = known.map { $0.survey.vocabularies.knowsTheSame(as: vocabularies) } ?? false
        let prefilters = usesPrefilter
        let opened = await workers.map(Array(files.indices)) { at -> Survey.File in
            guard prefilters else { return surveyed[at] }
            if let known, isSame, isKnown(at) { return known.survey.files[at] }
            return surveyed[at].opened(by: vocabularies)
        }
        let resolver = Modules(files: files.map(\.path), manifests: manifests)
        let modules = await workers.map(Array(opened.indices)) { Survey.modules(of: opened[$0], at: $0, resolver) }
        let survey = Survey(opened, modules: modules, isSame ? known?.survey.vocabularies ?? vocabularies : vocabularies, manifests, prefilters: prefilters)

        let done = Counter()
        let units = await workers.parse(files, survey.vocabularies) { file, id, lowering in
            defer { progress(done.next() + 1) }
            let at = Int(id.index)
            if let known, isSame, isKnown(at), known.survey.wanted(of: at) == survey.wanted(of: at), known.survey.modules[at].keys == survey.modules[at].keys {
                return known.units[at]
            }
            return lower(file, id, survey, lowering)
        }
        var examination = Examination(files: files, surveyed: surveyed, survey: survey, units: units)
        await detect(in: &examination)
        return examination
    }

    private func lower(_ file: Discovered.File, _ id: FileID, _ survey: Survey, _ lowering: borrowing Lowering) -> Examination.Lowered {
        let known = survey.files[Int(id.index)]
        var result = Examination.Lowered(unit: nil, size: known.bytes.count, skip: known.skip, warning: known.warning)
        guard known.skip == nil else { return result }
        let own = Set(survey.modules[Int(id.index)].keys)
        switch survey.wanted(of: Int(id.index)) {
        case .nothing:
            result.unit = Unit()
            return result
        case .some(let demand): result.unit = lowering.lower(known.bytes, of: id, as: file.language, own: own, for: demand, limit: parseLimit)
        case .everything: result.unit = lowering.lower(known.bytes, of: id, as: file.language, own: own, for: nil, limit: parseLimit)
        }
        if result.unit == nil {
            result.skip = .timedOut
            result.warning = "\(file.path): parsing took too long, left out"
        }
        return result
    }

    private func detect(in examination: inout Examination) async {
        let known = examination.units.map { $0.unit ?? Unit() }, order = Self.inOrderOfMigration(known, examination.files), survey = examination.survey
        let stored = StoredRoutines(known, order: order)
        let routines = await Linker.link(stored.settle(known), modules: survey.modules, threads: workers.count)
        let project = Project(
            routines: routines,
            schema: Schema.after(order.flatMap { at in known[at].schema.changes.map { $0.placed(in: survey.files[at].path) } } + stored.guards(known)),
            declarations: known.flatMap(\.declarations), validated: known.map(\.interface.validated), refusingScriptLinks: survey.refusingScriptLinks,
            locksAccounts: survey.files.contains(where: \.locksAccounts),
            madeURLs: survey.files.reduce(into: []) { $0.formUnion($1.madeURLs) },
            languages: survey.files.map(\.language))
        attic?.keep(project)
        let wanted = Rule.all.filter { triage.runs($0.id) }, takesInventory = takesInventory
        let seen = await workers.map(Array(project.routines.indices)) { Rule.look(of: wanted, at: $0, project, takesInventory: takesInventory) }
        examination.routines = routines.count
        if keepsProject { examination.project = project }
        examination.storedNames = project.schema.storedNames
        examination.findings = Rule.findings(of: wanted, in: seen, project)
        await note(stored.replaced(in: known), in: project, of: wanted, &examination.findings)
        if takesInventory {
            (examination.surfaces, examination.places) = (
                Rule.inventory(
                    seen, declared: DeclaredURLs.surfaces(of: project, known, in: survey.files),
                    mounted: MountedSurfaces.surfaces(in: survey.files, survey.vocabularies, locksAccounts: project.locksAccounts)),
                Rule.places(seen)
            )
        }
    }

    /// Says of findings in functions of the database where the same stands in their earlier definitions: they are gone, so that
    /// nothing is reported there, but who reads that migration learns what has become of it.
    private func note(_ replaced: [Unit], in project: Project, of rules: [Rule], _ findings: inout [Finding]) async {
        guard !replaced.isEmpty, !findings.isEmpty else { return }
        let past = project.asking(of: await Linker.link(replaced, modules: replaced.map { _ in [:] }, threads: workers.count))
        let found = Rule.findings(of: rules, in: past.routines.indices.map { Rule.look(of: rules, at: $0, past) }, past)
        let stored = Set(project.routines.filter { $0.entry == .stored }.map(\.span.file))
        let open = findings.indices.filter { stored.contains(findings[$0].span.file) }
        // By what it promises first: a function may hold two findings of a rule. A column may have been renamed since.
        var told: Set<Span> = []
        for key in [{ EarlierKey($0, promise: $0.course?.promise) }, { EarlierKey($0, promise: nil) }] as [(Finding) -> EarlierKey] {
            var places: [EarlierKey: [Span]] = [:]
            for finding in found where !told.contains(finding.span) { places[key(finding), default: []].append(finding.span) }
            for at in open where findings[at].earlier.isEmpty {
                findings[at].earlier = places.removeValue(forKey: key(findings[at])) ?? []
                told.formUnion(findings[at].earlier)
            }
        }
    }

    /// The files that say something about the database, in the order of their paths, numbers by their value:
    /// `2_init.sql` before `10_drop.sql`.
    private static func inOrderOfMigration(_ units: [Unit], _ files: [Discovered.File]) -> [Int] {
        let defining = units.indices.filter { !units[$0].schema.changes.isEmpty || !units[$0].stored.isEmpty }.map {
            (at: $0, key: files[$0].path.numbersPadded)
        }
        return defining.sorted { $0.key == $1.key ? $0.at < $1.at : $0.key.lexicographicallyPrecedes($1.key) }.map(\.at)
    }
}

/// By what a finding is known in another definition of its function.
private struct EarlierKey: Hashable {
    let rule, routine: String
    let table: String?
    let promise: Course.Promise?

    init(_ finding: Finding, promise: Course.Promise?) {
        (rule, routine, table, self.promise) = (finding.rule, finding.routine, finding.table, promise)
    }
}

extension String {
    /// The bytes of a path with its numbers at one length, so that comparing texts compares numbers; a date comes before
    /// the moments of its day, `20250120` before `20250120000002`.
    fileprivate var numbersPadded: [UInt8] {
        var out: [UInt8] = [], digits: [UInt8] = []
        for byte in Array(utf8) + [0] {
            if byte >= 48, byte <= 57 { digits.append(byte); continue }
            if !digits.isEmpty {
                let padding = [UInt8](repeating: 48, count: max(0, 20 - digits.count))
                out += digits.count < 8 ? padding + digits : digits + padding
            }
            digits = []
            if byte != 0 { out.append(byte) }
        }
        return out
    }
}
