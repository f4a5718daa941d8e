SELECT a, b FROM left_side INNER JOIN right_side ON left_side.id = right_side.id WHERE a > 10 GROUP BY COUNTWINDOW(10)
---
{"op":"ProjectPlan_0","info":"Fields:[ left_side.a, right_side.b ]"}
	{"op":"JoinPlan_1","info":"Joins:[ { joinType:INNER_JOIN, binaryExpr:{ binaryExpr:{ left_side.id = right_side.id } AND binaryExpr:{ left_side.a > 10 } } } ]"}
			{"op":"WindowPlan_2","info":"{ length:10, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: left_side, StreamFields:[ a, id ]"}
					{"op":"DataSourcePlan_4","info":"StreamName: right_side, StreamFields:[ b, id ]"}
operators: 2_decoder 4_decoder 5_window 6_join 7_project
source left_side (stream): decodes a id
source right_side (stream): decodes b id
6_join inner keys: left_side.id = right_side.id residual: binaryExpr:{ left_side.a > 10 }
output: {"k":"map","fields":{"a":"int","b":"int"},"rest":null}, stateful
