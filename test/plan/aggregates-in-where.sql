SELECT a, count(*) AS c FROM demo WHERE a > min(a) AND a < max(a) AND c > 2 GROUP BY COUNTWINDOW(5)
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a, $$alias.c,aliasRef:Call:{ name:count, args:[*] } ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ binaryExpr:{ binaryExpr:{ demo.a > Call:{ name:bypass, args:[$$default.$$agg_ref_0] } } AND binaryExpr:{ demo.a < Call:{ name:bypass, args:[$$default.$$agg_ref_1] } } } AND binaryExpr:{ $$alias.c,aliasRef:Call:{ name:count, args:[*] } > 2 } } }, "}
			{"op":"AggFunc_2","info":"aggFuncs:[$$agg_ref_0:Call:{ name:min, args:[demo.a] }, $$agg_ref_1:Call:{ name:max, args:[demo.a] }, $$agg_ref_2:Call:{ name:count, args:[*] }]"}
					{"op":"WindowPlan_3","info":"{ length:5, windowType:COUNT_WINDOW, limit: 0 }"}
							{"op":"DataSourcePlan_4","info":"StreamName: demo, StreamFields:[ a ]"}
operators: 2_decoder 3_window 4_agg_func 5_filter 6_project
source demo (stream): decodes a
alias c: int
alias c: int
aggregate 0: Call:{ name:count, args:[*] } int
aggregate 1: Call:{ name:min, args:[demo.a] } any
aggregate 2: Call:{ name:max, args:[demo.a] } any
aggregate 3: Call:{ name:count, args:[*] } int
output: {"k":"map","fields":{"a":"any","c":"int"},"rest":null}, stateful
