"""Loads SARIF from stdin into the object model that is generated from the published schema, writes it back, and compares:
whatever the schema does not know is lost on the way. Then checks what a schema cannot say."""
import json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", ".build", "oracles"))
import pysarif

document = json.load(sys.stdin)
back = json.loads(pysarif.save_to_json(pysarif.load_from_json(json.dumps(document))))


def lost(ours, theirs, path):
    if isinstance(ours, dict):
        for key, value in ours.items():
            if path.endswith((".properties", ".partialFingerprints")): continue
            if not isinstance(theirs, dict) or theirs.get(key) is None: print(f"{path}.{key} is unknown")
            else: lost(value, theirs[key], f"{path}.{key}")
    elif isinstance(ours, list):
        if len(ours) != len(theirs): print(f"{path} loses items")
        for index, (a, b) in enumerate(zip(ours, theirs)): lost(a, b, f"{path}[{index}]")
    elif ours != theirs: print(f"{path}: {ours} became {theirs}")


lost({key: value for key, value in document.items() if key != "$schema"}, back, "log")
run = document["runs"][0]
rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
assert document["version"] == "2.1.0" and document["$schema"].endswith("sarif-schema-2.1.0.json")
assert run["results"], "nothing to check"
for result in run["results"]:
    assert result["ruleId"] in rules
    assert result["level"] in ("error", "warning", "note")
    assert result["partialFingerprints"]["interlock/v1"]
    flows = result["codeFlows"][0]["threadFlows"]
    assert [flow["id"] for flow in flows] == ["request A", "request B"] and all(flow["locations"] for flow in flows)
    orders = sorted({step["executionOrder"] for flow in flows for step in flow["locations"]})
    assert orders == list(range(1, len(orders) + 1)), orders
    ids = [location["id"] for location in result["relatedLocations"]]
    assert len(ids) == len(set(ids))
    for location in result["locations"] + result["relatedLocations"]:
        place = location["physicalLocation"]
        region = place["region"]
        assert (region["startLine"], region["startColumn"]) < (region["endLine"], region["endColumn"]) and region["startLine"] >= 1
        assert not place["artifactLocation"]["uri"].startswith(("/", "./"))
print("valid")
