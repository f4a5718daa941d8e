SELECT count(*) AS c FROM demo GROUP BY COUNTWINDOW(2) HAVING last_agg_hit_count() < 3
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.c,aliasRef:Call:{ name:count, args:[*] } ]"}
	{"op":"HavingPlan_1","info":"Condition:{ binaryExpr:{ Call:{ name:last_agg_hit_count } < 3 } }, StateFuncs:[Call:{ name:last_agg_hit_count }]"}
			{"op":"WindowPlan_2","info":"{ length:2, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo"}
operators: 2_decoder 3_window 4_having 5_project
source demo (stream): decodes 
alias c: int
aggregate 0: Call:{ name:count, args:[*] } int
output: {"k":"map","fields":{"c":"int"},"rest":null}, stateful
