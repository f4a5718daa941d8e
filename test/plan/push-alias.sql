-- options: {"planOptimizeStrategy":{"enableAliasPushdown":true}}
SELECT a AS x, b AS y, c AS z FROM demo WHERE b > 0
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.x,aliasRef:demo.a, $$alias.y,aliasRef:demo.b, $$alias.z,aliasRef:demo.c ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.b > 0 } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a, b, c ], ColAliasMapping:[ a:x, c:z ]"}
operators: 2_decoder 3_filter 4_project
source demo (stream): decodes a b c
alias x: any
alias y: any
alias z: any
3_filter index: b > 0
output: {"k":"map","fields":{"x":"any","y":"any","z":"any"},"rest":null}
