-- options: {"planOptimizeStrategy":{"disableOptimizeRules":["columnPruner","predicatePushDown","constantFolding"]}}
SELECT a FROM demo WHERE a > 1 + 1 GROUP BY TUMBLINGWINDOW(ss, 3)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.a > binaryExpr:{ 1 + 1 } } }, "}
			{"op":"WindowPlan_2","info":"{ length:3, windowType:TUMBLING_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo"}
operators: 2_decoder 3_window 4_filter 5_project
source demo (stream): decodes all
output: {"k":"map","fields":{"a":"any"},"rest":null}, stateful
