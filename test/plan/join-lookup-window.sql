SELECT count(*) AS c FROM demo LEFT JOIN looked ON looked.id = demo.id + 1 GROUP BY COUNTWINDOW(3)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.c,aliasRef:Call:{ name:count, args:[*] } ]"}
	{"op":"LookupPlan_1","info":"Join:{ joinType:LEFT_JOIN, expr:binaryExpr:{ looked.id = binaryExpr:{ demo.id + 1 } } }"}
			{"op":"WindowPlan_2","info":"{ length:3, windowType:COUNT_WINDOW, limit: 0 }"}
					{"op":"DataSourcePlan_3","info":"StreamName: demo"}
operators: 2_decoder 3_window looked 5_project
source demo (stream): decodes id
source looked (lookup): decodes all
alias c: int
aggregate 0: Call:{ name:count, args:[*] } int
looked fields: id keys: id values: binaryExpr:{ demo.id + 1 }
output: {"k":"map","fields":{"c":"int"},"rest":null}, stateful
