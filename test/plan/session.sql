SELECT max(a) AS m, window_start() AS ws FROM demo GROUP BY SESSIONWINDOW(mi, 2, 1)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.m,aliasRef:Call:{ name:max, args:[demo.a] }, $$alias.ws,aliasRef:Call:{ name:window_start } ]"}
	{"op":"WindowPlan_1","info":"{ length:2, windowType:SESSION_WINDOW, limit: 0 }"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a ]"}
operators: 2_decoder 3_window 4_project
source demo (stream): decodes a
alias m: any
alias ws: int
aggregate 0: Call:{ name:max, args:[demo.a] } any
output: {"k":"map","fields":{"m":"any","ws":"int"},"rest":null}, stateful
