"""Reads {"schema": path, "documents": [{"text": …, "isValid": …}]} from stdin and says which document is not as told."""
import json, os, sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", ".build", "oracles"))
import fastjsonschema, yaml

asked = json.load(sys.stdin)
check = fastjsonschema.compile(json.load(open(asked["schema"], encoding="utf-8")))
for document in asked["documents"]:
    try:
        check(yaml.safe_load(document["text"]))
        isValid = True
    except fastjsonschema.JsonSchemaException as error:
        isValid, reason = False, str(error)
    if isValid != document["isValid"]:
        print("valid" if isValid else reason, "in", document["text"][:200])
print("done")
