SELECT left_side.a, scanned.label FROM left_side LEFT JOIN scanned ON left_side.id = scanned.id WHERE scanned.label = "x" AND left_side.a > 1
---
{"op":"ProjectPlan_0","info":"Fields:[ left_side.a, scanned.label ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ scanned.label = x } }, "}
			{"op":"JoinPlan_2","info":"Joins:[ { joinType:LEFT_JOIN, binaryExpr:{ left_side.id = scanned.id } } ]"}
					{"op":"JoinAlignPlan_3","info":"Emitters:[ scanned ]"}
							{"op":"FilterPlan_4","info":"Condition:{ binaryExpr:{ left_side.a > 1 } }, "}
									{"op":"DataSourcePlan_5","info":"StreamName: left_side, StreamFields:[ a, id ]"}
							{"op":"DataSourcePlan_5","info":"StreamName: scanned, StreamFields:[ id, label ]"}
operators: 2_decoder 3_filter 5_join_aligner 6_join 7_filter 8_project
source left_side (stream): decodes a id
source scanned (scan): decodes all keeps 4
3_filter index: a > 1
6_join left keys: left_side.id = scanned.id residual: 
output: {"k":"map","fields":{"a":"int","label":"any"},"rest":null}, stateful
