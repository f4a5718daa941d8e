SELECT a, last_hit_count() AS n FROM demo WHERE n < 2 AND a > 1
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a, $$alias.n,aliasRef:Call:{ name:last_hit_count } ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ binaryExpr:{ $$alias.n,aliasRef:Call:{ name:last_hit_count } < 2 } AND binaryExpr:{ demo.a > 1 } } }, StateFuncs:[Call:{ name:last_hit_count }]"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a ]"}
operators: 2_decoder 3_filter 4_project
source demo (stream): decodes a
alias n: int
output: {"k":"map","fields":{"a":"any","n":"int"},"rest":null}, stateful
