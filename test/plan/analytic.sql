SELECT lag(a) AS p, latest(lag(b)) OVER (PARTITION BY k WHEN a > 1) AS q FROM demo WHERE had_changed(true, c) AND a > lag(a)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.p,aliasRef:Call:{ name:lag, args:[demo.a] }, $$alias.q,aliasRef:Call:{ name:latest, args:[Call:{ name:lag, args:[demo.b] }], when:{ binaryExpr:{ demo.a > 1 } } } ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ Call:{ name:had_changed, args:[true, demo.c] } AND binaryExpr:{ demo.a > Call:{ name:lag, args:[demo.a] } } } }, "}
			{"op":"AnalyticFuncsPlan_2","info":"Funcs:[ Call:{ name:had_changed, args:[true, demo.c] }, Call:{ name:lag, args:[demo.a] } ], FieldFuncs:[ Call:{ name:lag, args:[demo.a] }, Call:{ name:lag, args:[demo.b] }, Call:{ name:latest, args:[Call:{ name:lag, args:[demo.b] }], when:{ binaryExpr:{ demo.a > 1 } } } ]"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo, StreamFields:[ a, b, c, k ]"}
operators: 2_decoder 3_analytic 4_filter 5_project
source demo (stream): decodes a b c k
alias p: any
alias q: any
analytic 0: $$func0 Call:{ name:lag, args:[demo.a] }
analytic 1: $$func1 Call:{ name:lag, args:[demo.b] }
analytic 2: $$func2 Call:{ name:latest, args:[Call:{ name:lag, args:[demo.b] }], when:{ binaryExpr:{ demo.a > 1 } } }
analytic 3: $$func3 Call:{ name:had_changed, args:[true, demo.c] }
analytic 4: $$func4 Call:{ name:lag, args:[demo.a] }
output: {"k":"map","fields":{"p":"any","q":"any"},"rest":null}, stateful
