SELECT a, b, c FROM left_side INNER JOIN right_side ON left_side.id = right_side.id LEFT JOIN third ON third.id = left_side.id + right_side.b WHERE a > 1 AND a < c GROUP BY TUMBLINGWINDOW(ss, 10)
---
{"op":"ProjectPlan_0","info":"Fields:[ left_side.a, right_side.b, third.c ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ left_side.a < third.c } }, "}
			{"op":"JoinPlan_2","info":"Joins:[ { joinType:INNER_JOIN, binaryExpr:{ left_side.id = right_side.id } }, { joinType:LEFT_JOIN, binaryExpr:{ third.id = binaryExpr:{ left_side.id + right_side.b } } } ]"}
					{"op":"WindowPlan_3","info":"{ length:10, windowType:TUMBLING_WINDOW, limit: 0 }"}
							{"op":"FilterPlan_4","info":"Condition:{ binaryExpr:{ left_side.a > 1 } }, "}
									{"op":"DataSourcePlan_5","info":"StreamName: left_side, StreamFields:[ a, id ]"}
							{"op":"DataSourcePlan_5","info":"StreamName: right_side, StreamFields:[ b, id ]"}
							{"op":"DataSourcePlan_6","info":"StreamName: third, StreamFields:[ c, id ]"}
operators: 2_decoder 3_filter 5_decoder 7_decoder 8_window 9_join 10_filter 11_project
source left_side (stream): decodes a id
source right_side (stream): decodes b id
source third (stream): decodes c id
3_filter index: a > 1
9_join inner keys: left_side.id = right_side.id residual: 
9_join left keys: binaryExpr:{ left_side.id + right_side.b } = third.id residual: 
output: {"k":"map","fields":{"a":"int","b":"int","c":"int"},"rest":null}, stateful
