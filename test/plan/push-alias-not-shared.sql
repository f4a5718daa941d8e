-- options: {"planOptimizeStrategy":{"enableAliasPushdown":true}}
SELECT a AS x FROM shared
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.x,aliasRef:shared.a ]"}
	{"op":"DataSourcePlan_1","info":"StreamName: shared, StreamFields:[ a ]"}
operators: 2_decoder 3_project
source shared (stream): decodes a
alias x: int
output: {"k":"map","fields":{"x":"int"},"rest":null}
