SELECT sum(v) AS s FROM demo GROUP BY HOPPINGWINDOW(mi, 10, 5)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.s,aliasRef:Call:{ name:sum, args:[demo.v] } ]"}
	{"op":"WindowPlan_1","info":"{ length:10, windowType:HOPPING_WINDOW, limit: 0 }"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ v ]"}
operators: 2_decoder 3_window 4_project
source demo (stream): decodes v
alias s: any
aggregate 0: Call:{ name:sum, args:[demo.v] } any
output: {"k":"map","fields":{"s":"any"},"rest":null}, stateful
