SELECT demo.a, b FROM demo FULL JOIN other ON demo.id = other.id WHERE a > 1 GROUP BY COUNTWINDOW(2)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a, $$default.b ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.a > 1 } }, "}
			{"op":"JoinPlan_2","info":"Joins:[ { joinType:FULL_JOIN, binaryExpr:{ demo.id = other.id } } ]"}
					{"op":"WindowPlan_3","info":"{ length:2, windowType:COUNT_WINDOW, limit: 0 }"}
							{"op":"DataSourcePlan_4","info":"StreamName: demo, StreamFields:[ a, b, id ]"}
							{"op":"DataSourcePlan_5","info":"StreamName: other, StreamFields:[ b, id ]"}
operators: 2_decoder 4_decoder 5_window 6_join 7_filter 8_project
source demo (stream): decodes a b id
source other (stream): decodes b id
6_join full keys: demo.id = other.id residual: 
output: {"k":"map","fields":{"a":"any","b":"any"},"rest":null}, stateful
