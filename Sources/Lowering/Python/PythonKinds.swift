extension Kind {
    /// What the nodes of tree-sitter's Python grammar are, by their names there.
    static let python: [String: Kind] = [
        "module": .program, "comment": .comment, "ERROR": .error, "identifier": .identifier,
        // Literals
        "string": .string, "concatenated_string": .concatenatedString, "interpolation": .substitution, "escape_sequence": .escapeSequence,
        "string_content": .stringFragment, "integer": .number, "float": .number, "true": .trueLiteral, "false": .falseLiteral, "none": .nullLiteral,
        "list": .arrayNode, "tuple": .arrayNode, "set": .arrayNode, "expression_list": .arrayNode, "dictionary": .object, "pair": .pair,
        // The arguments of a call that have names are one object.
        "argument_list": .object, "keyword_argument": .keywordArgument, "dictionary_splat": .dictionarySplat, "list_splat": .spread,
        // Expressions
        "attribute": .member, "subscript": .subscripted, "call": .call, "await": .awaitExpression, "parenthesized_expression": .parenthesized,
        "binary_operator": .binary, "boolean_operator": .binary, "comparison_operator": .comparison, "not_operator": .notOperator,
        "unary_operator": .unary, "conditional_expression": .conditionalExpression, "named_expression": .namedExpression, "lambda": .arrowFunction,
        "assignment": .assignment, "augmented_assignment": .augmentedAssignment, "yield": .yieldExpression, "list_comprehension": .comprehension,
        "set_comprehension": .comprehension, "generator_expression": .comprehension, "dictionary_comprehension": .comprehension,
        "for_in_clause": .forClause, "if_clause": .ifClause,
        // Patterns
        "pattern_list": .arrayPattern, "tuple_pattern": .arrayPattern, "list_pattern": .arrayPattern, "list_splat_pattern": .restPattern,
        "dictionary_splat_pattern": .keywordSplatPattern, "as_pattern": .asPattern, "default_parameter": .defaultParameter,
        "typed_default_parameter": .defaultParameter, "typed_parameter": .typedParameter,
        // Statements
        "expression_statement": .expressionStatement, "block": .statementBlock, "if_statement": .ifStatement, "elif_clause": .elifClause,
        "else_clause": .elseClause, "for_statement": .forIn, "while_statement": .whileStatement, "try_statement": .tryStatement,
        "except_clause": .exceptClause, "except_group_clause": .exceptClause, "finally_clause": .finallyClause, "with_statement": .withStatement,
        "with_item": .withItem, "match_statement": .matchStatement, "case_clause": .caseClause, "return_statement": .returnStatement,
        "raise_statement": .throwStatement, "break_statement": .breakStatement, "continue_statement": .continueStatement,
        "assert_statement": .assertStatement,
        // Declarations
        "function_definition": .functionDeclaration, "class_definition": .classDeclaration, "decorated_definition": .decorated, "decorator": .decorator,
        "import_statement": .importStatement, "import_from_statement": .importFrom, "future_import_statement": .comment, "pass_statement": .comment,
        "global_statement": .comment, "nonlocal_statement": .comment, "type": .typeAnnotation,
        "generic_type": .genericType, "union_type": .unionType,
    ]
}
