SELECT a FROM demo WHERE a > 1 GROUP BY COUNTWINDOW(3, 1)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.a > 1 } }, "}
			{"op":"WindowPlan_2","info":"{ length:3, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo, StreamFields:[ a ]"}
operators: 2_decoder 3_window 4_filter 5_project
source demo (stream): decodes a
output: {"k":"map","fields":{"a":"any"},"rest":null}, stateful
