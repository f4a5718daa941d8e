SELECT a FROM demo WHERE ts > 5 * 60 * 1000 AND 1 < 2
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ binaryExpr:{ demo.ts > binaryExpr:{ binaryExpr:{ 5 * 60 } * 1000 } } AND binaryExpr:{ 1 < 2 } } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a, ts ]"}
operators: 2_decoder 3_filter 4_project
source demo (stream): decodes a ts
3_filter index: ts > 300000
output: {"k":"map","fields":{"a":"any"},"rest":null}
