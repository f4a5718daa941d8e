SELECT a FROM demo WHERE 20 < temp AND b = 1
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ binaryExpr:{ 20 < demo.temp } AND binaryExpr:{ demo.b = 1 } } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a, b, temp ]"}
operators: 2_decoder 3_filter 4_project
source demo (stream): decodes a b temp
3_filter index: temp > 20
output: {"k":"map","fields":{"a":"any"},"rest":null}
