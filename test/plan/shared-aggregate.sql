SELECT count(*) AS n, sum(a) / count(*) AS q FROM demo GROUP BY COUNTWINDOW(5) HAVING count(*) > 1
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.n,aliasRef:Call:{ name:count, args:[*] }, $$alias.q,aliasRef:binaryExpr:{ Call:{ name:sum, args:[demo.a] } / Call:{ name:count, args:[*] } } ]"}
	{"op":"HavingPlan_1","info":"Condition:{ binaryExpr:{ Call:{ name:count, args:[*] } > 1 } }, "}
			{"op":"WindowPlan_2","info":"{ length:5, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo"}
operators: 2_decoder 3_window 4_having 5_project
source demo (stream): decodes a
alias n: int
alias q: any
aggregate 0: Call:{ name:count, args:[*] } int
aggregate 1: Call:{ name:sum, args:[demo.a] } any
output: {"k":"map","fields":{"n":"int","q":"any"},"rest":null}, stateful
