SELECT count(*) AS c FROM demo GROUP BY SLIDINGWINDOW(ss, 5, 1) FILTER(WHERE a > 1) OVER(WHEN b = 1)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.c,aliasRef:Call:{ name:count, args:[*] } ]"}
	{"op":"WindowPlan_1","info":"{ length:5, windowType:SLIDING_WINDOW, condition:binaryExpr:{ demo.a > 1 }, limit: 0 }"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo"}
operators: 2_decoder 3_windowFilter 3_window 4_project
source demo (stream): decodes a b
alias c: int
aggregate 0: Call:{ name:count, args:[*] } int
output: {"k":"map","fields":{"c":"int"},"rest":null}, stateful
