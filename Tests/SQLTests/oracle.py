"""Asks real parsers what a statement does, and compares that with what our reader says.

stdin: one JSON object a line: {"dialect", "sql", "writes": [[kind, table]], "tables": [...], "assigned": [...], "tested": [...], "locks": bool}
stdout: one line for each disagreement, then "N agreed".
SQLite speaks through the authorizer of a statement that it prepares, PostgreSQL through its own grammar (pglast).
"""
import json, os, re, sqlite3, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", ".build", "oracles"))
import pglast

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT, balance INTEGER, status TEXT, version INTEGER, team_id INTEGER, created_at TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, status TEXT, total INTEGER, paid_at TEXT, code TEXT, data TEXT);
CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER, sku TEXT, quantity INTEGER, price INTEGER);
CREATE TABLE counters (scope TEXT, ymd TEXT, count INTEGER, updated_at TEXT, PRIMARY KEY (scope, ymd));
CREATE TABLE tokens (code TEXT PRIMARY KEY, user_id INTEGER, redeemed_at TEXT, expires_at TEXT, used INTEGER);
CREATE TABLE "order" (id INTEGER PRIMARY KEY, "group" TEXT);
"""


def parameters(sql):
    """Values for whatever placeholders a statement has; SQLite wants exactly as many as it numbers."""
    names = re.findall(r"[:@$]([A-Za-z_]\w*)", re.sub(r"'[^']*'|::\w+", "", sql))
    if names: return {name: 1 for name in names}
    numbers = [int(n) for n in re.findall(r"\?(\d+)", sql)]
    return [1] * (max(numbers) if numbers else re.sub(r"'[^']*'", "", sql).count("?"))


def sqlite_facts(connection, sql):
    facts = {"writes": set(), "tables": set(), "assigned": set(), "columns": set()}

    def authorize(action, first, second, database, source):
        if action == sqlite3.SQLITE_INSERT: facts["writes"].add(("insert", first)); facts["tables"].add(first)
        if action == sqlite3.SQLITE_DELETE: facts["writes"].add(("delete", first)); facts["tables"].add(first)
        if action == sqlite3.SQLITE_UPDATE: facts["writes"].add(("update", first)); facts["tables"].add(first); facts["assigned"].add(second)
        if action == sqlite3.SQLITE_READ and not first.startswith("sqlite_"): facts["tables"].add(first); facts["columns"].add(second)
        return sqlite3.SQLITE_OK

    connection.set_authorizer(authorize)
    try:
        connection.execute("EXPLAIN " + sql, parameters(sql))
    finally:
        connection.set_authorizer(None)
    return facts


def postgres_facts(sql):
    facts = {"writes": set(), "tables": set(), "assigned": set(), "columns": set(), "locks": False}
    named = set()
    statement = json.loads(pglast.parser.parse_sql_json(sql))

    def ctes(node):
        if isinstance(node, dict):
            if "ctename" in node: named.add(node["ctename"])
            for child in node.values(): ctes(child)
        elif isinstance(node, list):
            for child in node: ctes(child)

    def walk(node):
        if isinstance(node, list):
            for child in node: walk(child)
            return
        if not isinstance(node, dict): return
        for key, value in node.items():
            if key in ("InsertStmt", "UpdateStmt", "DeleteStmt"):
                facts["writes"].add((key[:6].lower(), value["relation"]["relname"]))
                facts["tables"].add(value["relation"]["relname"])
                if key == "UpdateStmt": facts["assigned"] |= {t["ResTarget"]["name"] for t in value["targetList"]}
                update = value.get("onConflictClause", {})
                if update.get("action") == "ONCONFLICT_UPDATE":
                    facts["writes"].add(("update", value["relation"]["relname"]))
                    facts["assigned"] |= {t["ResTarget"]["name"] for t in update["targetList"]}
            if key == "RangeVar" and value["relname"] not in named: facts["tables"].add(value["relname"])
            if key == "ColumnRef":
                last = value["fields"][-1]
                if "String" in last: facts["columns"].add(last["String"]["sval"])
            if key == "lockingClause":
                facts["locks"] = True  # its tables are aliases of the FROM clause
                continue
            walk(value)

    ctes(statement)
    walk(statement)
    return facts


def main():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    agreed = 0
    for line in sys.stdin:
        ours = json.loads(line)
        writes = {tuple(w) for w in ours["writes"]}
        tables, assigned, tested = set(ours["tables"]), set(ours["assigned"]), set(ours["tested"])
        for name, facts in (("sqlite", sqlite_facts), ("postgres", postgres_facts)):
            if ours["dialect"] not in (name, "both"): continue
            try:
                theirs = facts(connection, ours["sql"]) if name == "sqlite" else facts(ours["sql"])
            except Exception as error:
                print(f"{name} refuses: {ours['sql']}: {error}")
                continue
            complaints = []
            if name == "sqlite":
                # OR REPLACE deletes what is in the way, under its own name.
                theirs["writes"] = {w for w in theirs["writes"] if not (w[0] == "delete" and ("insert", w[1]) in theirs["writes"])}
            if writes != theirs["writes"]: complaints.append(f"writes {sorted(writes)} against {sorted(theirs['writes'])}")
            if tables != theirs["tables"]: complaints.append(f"tables {sorted(tables)} against {sorted(theirs['tables'])}")
            if assigned != theirs["assigned"]: complaints.append(f"assigned {sorted(assigned)} against {sorted(theirs['assigned'])}")
            if not tested <= theirs["columns"] | theirs["assigned"]: complaints.append(f"tested {sorted(tested - theirs['columns'])}, which it does not read")
            if "locks" in theirs and ours["locks"] != theirs["locks"]: complaints.append(f"locks {ours['locks']} against {theirs['locks']}")
            if complaints: print(f"{name}: {ours['sql']}: " + "; ".join(complaints))
            else: agreed += 1
    print(f"{agreed} agreed")


main()
