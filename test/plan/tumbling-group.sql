SELECT k, count(*) AS n, avg(v) AS m FROM demo WHERE v > 0 GROUP BY k, TUMBLINGWINDOW(ss, 10) HAVING n > 1 ORDER BY k DESC, m LIMIT 3
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.k, $$alias.n,aliasRef:Call:{ name:count, args:[*] }, $$alias.m,aliasRef:Call:{ name:avg, args:[demo.v] } ], Limit:3"}
	{"op":"OrderPlan_1","info":"SortFields:[ sortField:{ name:k, ascending:false, fieldExpr:{ demo.k } }, sortField:{ name:m, ascending:true, fieldExpr:{ $$alias.m,aliasRef:Call:{ name:avg, args:[demo.v] } } } ]"}
			{"op":"HavingPlan_2","info":"Condition:{ binaryExpr:{ $$alias.n,aliasRef:Call:{ name:count, args:[*] } > 1 } }, "}
					{"op":"AggregatePlan_3","info":"Dimension:{ demo.k }"}
							{"op":"WindowPlan_4","info":"{ length:10, windowType:TUMBLING_WINDOW, limit: 0 }"}
									{"op":"FilterPlan_5","info":"Condition:{ binaryExpr:{ demo.v > 0 } }, "}
											{"op":"DataSourcePlan_6","info":"StreamName: demo, StreamFields:[ k ]"}
operators: 2_decoder 3_filter 4_window 5_aggregate 6_having 7_order 8_project
source demo (stream): decodes k v
alias n: int
alias m: any
aggregate 0: Call:{ name:count, args:[*] } int
aggregate 1: Call:{ name:avg, args:[demo.v] } any
3_filter index: v > 0
output: {"k":"map","fields":{"k":"any","n":"int","m":"any"},"rest":null}, stateful
