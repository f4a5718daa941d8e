SELECT demo.a, looked.label FROM demo INNER JOIN looked ON demo.id = looked.id AND looked.rank > 2 WHERE demo.a > 1 AND looked.label = "x"
---
{"op":"ProjectPlan_0","info":"Fields:[ demo.a, looked.label ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ binaryExpr:{ looked.rank > 2 } AND binaryExpr:{ looked.label = x } } }, "}
			{"op":"LookupPlan_2","info":"Condition:{ binaryExpr:{ looked.rank > 2 } }, Join:{ joinType:INNER_JOIN, expr:binaryExpr:{ binaryExpr:{ demo.id = looked.id } AND binaryExpr:{ looked.rank > 2 } } }"}
					{"op":"FilterPlan_3","info":"Condition:{ binaryExpr:{ demo.a > 1 } }, "}
							{"op":"DataSourcePlan_4","info":"StreamName: demo, StreamFields:[ a, id ]"}
operators: 2_decoder 3_filter looked 5_filter 6_project
source demo (stream): decodes a id
source looked (lookup): decodes all
3_filter index: a > 1
looked fields: id,label,rank keys: id values: demo.id
output: {"k":"map","fields":{"a":"any","label":"any"},"rest":null}
