SELECT * EXCEPT(name) REPLACE(v * 2 AS v) FROM typed WHERE id > 1
---
{"op":"ProjectPlan_0","info":"Fields:[ * ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ typed.id > 1 } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: typed, StreamFields:[ id, l, o, ok, v ]"}
operators: 2_decoder 3_filter 4_project
source typed (stream): decodes id l o ok v
3_filter index: id > 1
output: {"k":"map","fields":{"id":"int","v":"float","ok":"bool","l":{"k":"list","of":"int"},"o":{"k":"map","fields":{"n":"int","t":"string"},"rest":null}},"rest":"any"}
