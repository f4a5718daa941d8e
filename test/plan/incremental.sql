-- options: {"planOptimizeStrategy":{"enableIncrementalWindow":true}}
SELECT k, count(*) AS n, sum(v) AS s FROM demo WHERE v > 0 GROUP BY k, TUMBLINGWINDOW(ss, 10)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.k, $$alias.n,aliasRef:Call:{ name:count, args:[*] }, $$alias.s,aliasRef:Call:{ name:sum, args:[demo.v] } ]"}
	{"op":"IncAggWindowPlan_1","info":"wType:TUMBLING_WINDOW, Dimension:[demo.k], funcs:[Call:{ name:count, args:[*] }->inc_agg_col_1,Call:{ name:sum, args:[demo.v] }->inc_agg_col_2]"}
			{"op":"FilterPlan_2","info":"Condition:{ binaryExpr:{ demo.v > 0 } }, "}
					{"op":"DataSourcePlan_3","info":"StreamName: demo, StreamFields:[ k ]"}
operators: 2_decoder 3_filter 4_inc_agg_window 5_project
source demo (stream): decodes k v
alias n: int
alias s: any
aggregate 0: Call:{ name:count, args:[*] } int
aggregate 1: Call:{ name:sum, args:[demo.v] } any
3_filter index: v > 0
output: {"k":"map","fields":{"k":"any","n":"int","s":"any"},"rest":null}, stateful
