SELECT d.a, d.b->c AS c FROM demo AS d WHERE d.a > 1
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a, $$alias.c,aliasRef:binaryExpr:{ demo.b -> jsonFieldName:c } ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.a > 1 } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a, b ]"}
operators: 2_decoder 3_filter 4_project
source d (stream): decodes a b
alias c: any
3_filter index: a > 1
output: {"k":"map","fields":{"a":"any","c":"any"},"rest":null}
