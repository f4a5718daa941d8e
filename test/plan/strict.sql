SELECT a, b FROM strict WHERE a > 1
---
{"op":"ProjectPlan_0","info":"Fields:[ strict.a, strict.b ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ strict.a > 1 } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: strict, StreamFields:[ a, b ]"}
operators: 2_decoder 3_preprocessor 4_filter 5_project
source strict (stream): decodes a b
output: {"k":"map","fields":{"a":"int","b":"string"},"rest":null}
