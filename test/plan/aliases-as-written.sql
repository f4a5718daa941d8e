SELECT x + 1 AS y, a + 1 AS x, x * 2 AS z FROM demo
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.y,aliasRef:binaryExpr:{ demo.x + 1 }, $$alias.x,aliasRef:binaryExpr:{ demo.a + 1 }, $$alias.z,aliasRef:binaryExpr:{ $$alias.x,aliasRef:binaryExpr:{ demo.a + 1 } * 2 } ]"}
	{"op":"DataSourcePlan_1","info":"StreamName: demo, StreamFields:[ a, x ]"}
operators: 2_decoder 3_project
source demo (stream): decodes a x
alias y: any
alias x: any
alias z: any
output: {"k":"map","fields":{"y":"any","x":"any","z":"any"},"rest":null}
