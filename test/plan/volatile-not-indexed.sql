SELECT a FROM demo WHERE a > 1 AND rand() > 0.5
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ binaryExpr:{ demo.a > 1 } AND binaryExpr:{ Call:{ name:rand } > 0.5 } } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a ]"}
operators: 2_decoder 3_filter 4_project
source demo (stream): decodes a
output: {"k":"map","fields":{"a":"any"},"rest":null}
