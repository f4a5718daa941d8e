SELECT a + 1 AS n, * FROM demo WHERE b = "x"
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.n,aliasRef:binaryExpr:{ demo.a + 1 }, * ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.b = x } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: demo"}
operators: 2_decoder 3_filter 4_project
source demo (stream): decodes all
alias n: any
3_filter index: b = x
output: {"k":"map","fields":{"n":"any"},"rest":"any"}
