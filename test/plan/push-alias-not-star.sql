-- options: {"planOptimizeStrategy":{"enableAliasPushdown":true}}
SELECT a AS x, * FROM demo
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.x,aliasRef:demo.a, * ]"}
	{"op":"DataSourcePlan_1","info":"StreamName: demo"}
operators: 2_decoder 3_project
source demo (stream): decodes all
alias x: any
output: {"k":"map","fields":{"x":"any"},"rest":"any"}
