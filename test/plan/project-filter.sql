SELECT a, b + 1 AS c, upper(d) FROM mem WHERE a > 3 AND b < 5
---
{"op":"ProjectPlan_0","info":"Fields:[ mem.a, $$alias.c,aliasRef:binaryExpr:{ mem.b + 1 }, Call:{ name:upper, args:[mem.d] } ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ binaryExpr:{ mem.a > 3 } AND binaryExpr:{ mem.b < 5 } } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: mem, StreamFields:[ a, b, d ]"}
operators: 2_filter 3_project
source mem (stream): decodes all
alias c: any
2_filter index: a > 3
output: {"k":"map","fields":{"a":"any","c":"any","upper":"string"},"rest":null}
