SELECT a, row_number() OVER (PARTITION BY b ORDER BY c DESC) AS rn FROM demo GROUP BY COUNTWINDOW(3)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a, $$alias.rn,aliasRef:Call:{ name:bypass, args:[wf_row_number_1] } ]"}
	{"op":"WindowFuncPlan_1","info":"windowFuncField:{name:wf_row_number_1, expr:Call:{ name:row_number }}"}
			{"op":"WindowPlan_2","info":"{ length:3, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo, StreamFields:[ a, b, c ]"}
operators: 2_decoder 3_window 4_windowFunc 5_project
source demo (stream): decodes a b c
alias rn: int
output: {"k":"map","fields":{"a":"any","rn":"int"},"rest":null}, stateful
