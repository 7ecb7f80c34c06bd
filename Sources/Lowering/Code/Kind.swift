import Syntax

/// The node kinds that the lowering tells apart, under the names of the JavaScript grammars; the names of other grammars stand
/// in tables such as `Kind.python`.
enum Kind: String {
    case arrayNode = "array", arrayPattern = "array_pattern", arrowFunction = "arrow_function", asExpression = "as_expression"
    case assignment = "assignment_expression", assignmentPattern = "assignment_pattern", augmentedAssignment = "augmented_assignment_expression"
    case awaitExpression = "await_expression", binary = "binary_expression", breakStatement = "break_statement", call = "call_expression"
    case catchClause = "catch_clause", classBody = "class_body", classDeclaration = "class_declaration", classExpression = "class"
    case abstractClass = "abstract_class_declaration", comment, continueStatement = "continue_statement", doStatement = "do_statement"
    case elseClause = "else_clause", escapeSequence = "escape_sequence", exportStatement = "export_statement"
    case expressionStatement = "expression_statement", falseLiteral = "false", field = "public_field_definition", fieldJS = "field_definition"
    case finallyClause = "finally_clause", forIn = "for_in_statement", forStatement = "for_statement", functionDeclaration = "function_declaration"
    case functionExpression = "function_expression", functionOld = "function", generator = "generator_function"
    case generatorDeclaration = "generator_function_declaration", hashBang = "hash_bang_line", identifier, ifStatement = "if_statement"
    case importSpecifier = "import_specifier", importStatement = "import_statement", interface = "interface_declaration", labeled = "labeled_statement"
    case lexicalDeclaration = "lexical_declaration", member = "member_expression", method = "method_definition", newExpression = "new_expression"
    case nonNull = "non_null_expression", nullLiteral = "null", number, object, objectAssignmentPattern = "object_assignment_pattern"
    case objectPattern = "object_pattern", optionalParameter = "optional_parameter", pair, pairPattern = "pair_pattern"
    case parenthesized = "parenthesized_expression", privateIdentifier = "private_property_identifier", program
    case propertyIdentifier = "property_identifier", regex, requiredParameter = "required_parameter", restPattern = "rest_pattern"
    case returnStatement = "return_statement", satisfies = "satisfies_expression", sequence = "sequence_expression"
    case shorthandProperty = "shorthand_property_identifier", shorthandPattern = "shorthand_property_identifier_pattern"
    case spread = "spread_element", statementBlock = "statement_block", string, stringFragment = "string_fragment"
    case subscripted = "subscript_expression", superNode = "super", switchBody = "switch_body", switchCase = "switch_case"
    case switchDefault = "switch_default", switchStatement = "switch_statement", templateString = "template_string"
    case substitution = "template_substitution", ternary = "ternary_expression", this, throwStatement = "throw_statement", trueLiteral = "true"
    case tryStatement = "try_statement", typeAlias = "type_alias_declaration", typeAnnotation = "type_annotation"
    case typeArguments = "type_arguments", typeAssertion = "type_assertion", unary = "unary_expression", undefined
    case update = "update_expression", variableDeclaration = "variable_declaration", variableDeclarator = "variable_declarator"
    case importClause = "import_clause", namedImports = "named_imports", namespaceImport = "namespace_import", exportClause = "export_clause"
    case computedName = "computed_property_name", decorator, namespaceExport = "namespace_export", classHeritage = "class_heritage", extendsClause =
        "extends_clause"
    case whileStatement = "while_statement", yieldExpression = "yield_expression", error = "ERROR"
    case implementsClause = "implements_clause", genericType = "generic_type", unionType = "union_type", typeIdentifier = "type_identifier"
    case lookupType = "lookup_type", nestedType = "nested_type_identifier"
    case enumAssignment = "enum_assignment", enumDeclaration = "enum_declaration"
    case jsxOpening = "jsx_opening_element", jsxSelfClosing = "jsx_self_closing_element", jsxAttribute = "jsx_attribute", jsxExpression = "jsx_expression"
    // What only Python has.
    case asPattern = "as_pattern", assertStatement = "assert_statement", comparison = "comparison_operator", comprehension = "list_comprehension"
    case concatenatedString = "concatenated_string", conditionalExpression = "conditional_expression", decorated = "decorated_definition"
    case defaultParameter = "default_parameter", dictionarySplat = "dictionary_splat", elifClause = "elif_clause", exceptClause = "except_clause"
    case forClause = "for_in_clause", ifClause = "if_clause", importFrom = "import_from_statement", keywordArgument = "keyword_argument"
    case keywordSplatPattern = "dictionary_splat_pattern", matchStatement = "match_statement", caseClause = "case_clause"
    case namedExpression = "named_expression", notOperator = "not_operator", typedParameter = "typed_parameter", withItem = "with_item"
    case withStatement = "with_statement"
    case other = ""

    var isFunction: Bool {
        switch self {
        case .arrowFunction, .functionExpression, .functionOld, .generator, .functionDeclaration, .generatorDeclaration, .method: true
        default: false
        }
    }
}

/// The grammar of a programming language, with its kinds and fields resolved to numbers.
final class HostGrammar: Sendable {
    let grammar: Grammar
    let kinds: [Kind]
    let field: Fields
    let isPython: Bool

    init(_ name: Grammar.Name) {
        let grammar = Grammar(name), isPython = name == .python
        self.grammar = grammar
        self.isPython = isPython
        kinds = grammar.symbols.map { (isPython ? Kind.python[$0] : Kind(rawValue: $0)) ?? .other }
        field = Fields(grammar, isPython: isPython)
    }

    func kind(_ node: Node) -> Kind {
        let symbol = Int(node.symbol)
        return symbol < kinds.count ? kinds[symbol] : .error
    }

    struct Fields: Sendable {
        let alias, alternative, argument, arguments, body, condition, consequence, constructor, declaration, finalizer, function: UInt16
        let handler, index, initializer, key, left, name, object, operatorToken, parameter, parameters, pattern, property, returnType, right, source, type,
            value: UInt16

        init(_ grammar: Grammar, isPython: Bool) {
            func field(_ name: String, python: String? = nil) -> UInt16 { grammar.field(isPython ? python ?? name : name) }
            alias = field("alias"); alternative = field("alternative"); argument = field("argument"); arguments = field("arguments")
            body = field("body"); condition = field("condition"); consequence = field("consequence"); constructor = field("constructor")
            declaration = field("declaration", python: "definition"); finalizer = field("finalizer"); function = field("function")
            handler = field("handler"); index = field("index", python: "subscript"); initializer = field("initializer"); key = field("key")
            left = field("left"); name = field("name"); object = field("object"); operatorToken = field("operator"); parameter = field("parameter")
            parameters = field("parameters"); pattern = field("pattern"); property = field("property", python: "attribute"); right = field("right")
            returnType = field("return_type")
            source = field("source", python: "module_name"); type = field("type"); value = field("value")
        }
    }
}
