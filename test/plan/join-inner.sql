SELECT a, b FROM left_side INNER JOIN right_side ON left_side.id = right_side.id AND left_side.a > 5 AND left_side.a < right_side.b WHERE a > 10 AND b < 300 AND a + b > 7 GROUP BY TUMBLINGWINDOW(ss, 10)
---
{"op":"ProjectPlan_0","info":"Fields:[ left_side.a, right_side.b ]"}
	{"op":"JoinPlan_1","info":"Joins:[ { joinType:INNER_JOIN, binaryExpr:{ binaryExpr:{ binaryExpr:{ left_side.id = right_side.id } AND binaryExpr:{ left_side.a < right_side.b } } AND binaryExpr:{ binaryExpr:{ left_side.a + right_side.b } > 7 } } } ]"}
			{"op":"WindowPlan_2","info":"{ length:10, windowType:TUMBLING_WINDOW, limit: 0 }"}
					{"op":"FilterPlan_3","info":"Condition:{ binaryExpr:{ binaryExpr:{ left_side.a > 5 } AND binaryExpr:{ left_side.a > 10 } } }, "}
							{"op":"DataSourcePlan_4","info":"StreamName: left_side, StreamFields:[ a, id ]"}
					{"op":"FilterPlan_4","info":"Condition:{ binaryExpr:{ right_side.b < 300 } }, "}
							{"op":"DataSourcePlan_5","info":"StreamName: right_side, StreamFields:[ b, id ]"}
operators: 2_decoder 3_filter 5_decoder 6_filter 7_window 8_join 9_project
source left_side (stream): decodes a id
source right_side (stream): decodes b id
3_filter index: a > 5
6_filter index: b < 300
8_join inner keys: left_side.id = right_side.id residual: binaryExpr:{ binaryExpr:{ left_side.a < right_side.b } AND binaryExpr:{ binaryExpr:{ left_side.a + right_side.b } > 7 } }
output: {"k":"map","fields":{"a":"int","b":"int"},"rest":null}, stateful
