SELECT changed_cols("c_", true, a, avg(b)) AS x, * FROM demo GROUP BY COUNTWINDOW(2)
---
{"op":"ProjectPlan_0","info":"Fields:[ Call:{ name:changed_cols, args:[colFuncField:{ expr:{ c_ } }, colFuncField:{ expr:{ true } }, colFuncField:{ name: a, expr:{ demo.a } }, colFuncField:{ name: avg, expr:{ Call:{ name:avg, args:[demo.b] } } }] }, * ]"}
	{"op":"WindowPlan_1","info":"{ length:2, windowType:COUNT_WINDOW, limit: 0 }"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo"}
operators: 2_decoder 3_window 4_project
source demo (stream): decodes all
aggregate 0: Call:{ name:avg, args:[demo.b] } any
output: {"k":"map","fields":{"x":"any"},"rest":"any"}, stateful
