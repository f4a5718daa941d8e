SELECT deduplicate(a, true) AS r FROM demo GROUP BY COUNTWINDOW(2)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.r,aliasRef:Call:{ name:deduplicate, args:[*, demo.a, true] } ]"}
	{"op":"WindowPlan_1","info":"{ length:2, windowType:COUNT_WINDOW, limit: 0 }"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo"}
operators: 2_decoder 3_window 4_project
source demo (stream): decodes all
alias r: any
aggregate 0: Call:{ name:deduplicate, args:[*, demo.a, true] } any
output: {"k":"map","fields":{"r":"any"},"rest":null}, stateful
