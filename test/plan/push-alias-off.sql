-- options: {"planOptimizeStrategy":{"enableAliasPushdown":true,"disableOptimizeRules":["push_alias"]}}
SELECT a AS x FROM demo
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.x,aliasRef:demo.a ]"}
	{"op":"DataSourcePlan_1","info":"StreamName: demo, StreamFields:[ a ]"}
operators: 2_decoder 3_project
source demo (stream): decodes a
alias x: any
output: {"k":"map","fields":{"x":"any"},"rest":null}
