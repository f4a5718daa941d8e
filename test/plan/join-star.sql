SELECT demo.*, other.x FROM demo CROSS JOIN other GROUP BY COUNTWINDOW(2)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.*, other.x ]"}
	{"op":"JoinPlan_1","info":"Joins:[ { joinType:CROSS_JOIN,  } ]"}
			{"op":"WindowPlan_2","info":"{ length:2, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo"}
					{"op":"DataSourcePlan_4","info":"StreamName: other, StreamFields:[ x ]"}
operators: 2_decoder 4_decoder 5_window 6_join 7_project
source demo (stream): decodes all
source other (stream): decodes x
6_join cross keys:  residual: 
output: {"k":"map","fields":{"x":"any"},"rest":"any"}, stateful
