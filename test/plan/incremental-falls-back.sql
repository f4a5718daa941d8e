-- options: {"planOptimizeStrategy":{"enableIncrementalWindow":true}}
SELECT count(*) AS n FROM demo WHERE v > 0 GROUP BY COUNTWINDOW(3)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.n,aliasRef:Call:{ name:count, args:[*] } ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ demo.v > 0 } }, "}
			{"op":"WindowPlan_2","info":"{ length:3, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo"}
operators: 2_decoder 3_window 4_filter 5_project
source demo (stream): decodes v
alias n: int
aggregate 0: Call:{ name:count, args:[*] } int
output: {"k":"map","fields":{"n":"int"},"rest":null}, stateful
