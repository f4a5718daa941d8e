SELECT a FROM demo WHERE c > 0 GROUP BY STATEWINDOW(had_changed(true, a), b > 1) OVER (PARTITION BY k)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a ]"}
	{"op":"WindowPlan_1","info":"{ length:0, windowType:, stateFuncs:[ Call:{ name:had_changed, args:[true, demo.a] } ], limit: 0 }"}
			{"op":"FilterPlan_2","info":"Condition:{ binaryExpr:{ demo.c > 0 } }, "}
					{"op":"DataSourcePlan_3","info":"StreamName: demo, StreamFields:[ a, b, c, k ]"}
operators: 2_decoder 3_filter 4_window 5_project
source demo (stream): decodes a b c k
analytic 0: $$func0 Call:{ name:had_changed, args:[true, demo.a] }
output: {"k":"map","fields":{"a":"any"},"rest":null}, stateful
