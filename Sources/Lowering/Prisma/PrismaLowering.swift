package import Flow

/// A Prisma schema → the tables that its models are.
package struct PrismaLowering {
    private let blocks: [PrismaReader.Block]
    private let tables: [String: String]
    private let file: FileID
    private let bytes: [UInt8]

    init(_ bytes: [UInt8], _ file: FileID) {
        self.file = file
        self.bytes = bytes
        var reader = PrismaReader(bytes)
        blocks = reader.blocks()
        var tables: [String: String] = [:]
        for block in blocks where block.isTable { tables[block.name] = block.table }
        self.tables = tables
    }

    /// The database that a schema is for; nil where it does not say, or one that is none of those.
    package static func dialect(in bytes: [UInt8]) -> API.Dialect? {
        var reader = PrismaReader(bytes)
        let source = reader.blocks().first { $0.kind == "datasource" }
        switch source?.fields.first(where: { $0.name == "provider" })?.text {
        case "postgresql", "postgres": return .postgres
        case "mysql": return .mysql
        case "sqlite": return .sqlite
        default: return nil
        }
    }

    func lower() -> Unit {
        var unit = Unit()
        for block in blocks {
            if block.isTable {
                unit.schema.changes.append(.declareTable(table(block)))
                unit.declarations.append(
                    .init(name: block.name, fields: block.fields.map(\.name), span: Span(file: file, start: block.end - block.name.utf8.count, end: block.end)))
            }
            if block.kind == "enum" { unit.schema.changes.append(enumeration(block)) }
        }
        if blocks.contains(where: \.isTable) { unit.schema.changes.append(.declareAll(api: "prisma")) }
        return unit
    }

    /// `enum Status { PENDING @map("pending") }`
    private func enumeration(_ block: PrismaReader.Block) -> SchemaChange {
        let stored = block.fields.compactMap { field in field.attribute("map")?.strings[""].map { (field.name, $0) } }
        return .createEnum(block.name.lowercased(), Set(block.fields.map(\.name)), members: Dictionary(stored) { first, _ in first })
    }

    private func table(_ block: PrismaReader.Block) -> SchemaChange.TableDefinition {
        var table = SchemaChange.TableDefinition(name: block.table)
        table.aliases = [block.name.lowercased()]
        table.namespace = block.attributes.first { $0.name == "schema" }?.strings[""].flatMap { $0 == "public" ? nil : $0 }
        for field in block.fields {
            if isRelation(field) {
                table.relations[field.name.lowercased()] = (tables[field.type] ?? field.type).lowercased()
                continue
            }
            let name = field.attribute("map")?.strings[""] ?? field.name
            var column = SchemaChange.Column(name: name, type: field.type)
            column.alias = name == field.name ? nil : field.name
            column.storesNames = true
            column.isNullable = field.isOptional
            column.hasDefault = field.attribute("default") != nil || field.attribute("updatedAt") != nil
            column.fallback = field.attribute("default").flatMap { Self.constant($0, of: field.type) }
            table.columns.append(column)
            for attribute in field.attributes { table.add(attribute, over: [field.name]) }
        }
        for attribute in block.attributes { table.add(attribute, over: attribute.fields) }
        return table
    }

    /// `@default(PENDING)`, `@default(0)`, `@default("new")`; a function is none.
    private static func constant(_ attribute: PrismaReader.Attribute, of type: String) -> Literal? {
        if let text = attribute.strings[""] { return type == "String" ? .string(text) : nil }
        guard let word = attribute.word else { return nil }
        switch type {
        case "Boolean": return word == "true" || word == "false" ? .boolean(word == "true") : nil
        case "Int", "Float", "BigInt", "Decimal": return Double(word) == nil ? nil : .number(word)
        default: return scalars.contains(type) ? nil : .string(word)
        }
    }

    /// A type of another file is a model where the field is a list of it or names the keys; otherwise it may be an enum.
    private func isRelation(_ field: PrismaReader.Field) -> Bool {
        if tables[field.type] != nil || field.attribute("relation") != nil { return true }
        return field.isList && !Self.scalars.contains(field.type) && !blocks.contains { $0.name == field.type }
    }

    private static let scalars: Set<String> = ["String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes", "Unsupported"]
}

extension PrismaReader.Block {
    fileprivate var isTable: Bool { kind == "model" || kind == "view" }
    fileprivate var table: String { attributes.first { $0.name == "map" }?.strings[""] ?? name }
}

extension SchemaChange.TableDefinition {
    /// `name:` is what queries call the key, `map:` what the database does.
    fileprivate mutating func add(_ attribute: PrismaReader.Attribute, over columns: [String]) {
        guard attribute.name == "id" || attribute.name == "unique", !columns.isEmpty else { return }
        var key = Schema.UniqueKey(name: attribute.strings["name"] ?? attribute.strings["map"] ?? attribute.strings[""], columns: columns)
        key.isPrimary = attribute.name == "id"
        keys.append(key)
    }
}
