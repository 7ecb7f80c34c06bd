import Discovery
import Engine
import Triage
let r = await try Engine(threads: 2, triage: Triage(minimumConfidence: .low)).scan(Discovery.files(under: [CommandLine.arguments[1]]))
for x in r.reports { print(r.paths[Int(x.finding.span.file.index)], x.finding.span.start, x.finding.rule, x.finding.confidence, x.finding.message) }
print(r.summary)
