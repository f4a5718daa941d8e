SELECT a, b FROM left_side LEFT JOIN right_side ON right_side.id = left_side.id AND right_side.b > 250 WHERE a > 10 GROUP BY TUMBLINGWINDOW(ss, 10)
---
{"op":"ProjectPlan_0","info":"Fields:[ left_side.a, right_side.b ]"}
	{"op":"JoinPlan_1","info":"Joins:[ { joinType:LEFT_JOIN, binaryExpr:{ binaryExpr:{ right_side.id = left_side.id } AND binaryExpr:{ right_side.b > 250 } } } ]"}
			{"op":"WindowPlan_2","info":"{ length:10, windowType:TUMBLING_WINDOW, limit: 0 }"}
					{"op":"FilterPlan_3","info":"Condition:{ binaryExpr:{ left_side.a > 10 } }, "}
							{"op":"DataSourcePlan_4","info":"StreamName: left_side, StreamFields:[ a, id ]"}
					{"op":"DataSourcePlan_4","info":"StreamName: right_side, StreamFields:[ b, id ]"}
operators: 2_decoder 3_filter 5_decoder 6_window 7_join 8_project
source left_side (stream): decodes a id
source right_side (stream): decodes b id
3_filter index: a > 10
7_join left keys: left_side.id = right_side.id residual: binaryExpr:{ right_side.b > 250 }
output: {"k":"map","fields":{"a":"int","b":"int"},"rest":null}, stateful
