SELECT unnest(l) AS x, a FROM demo LIMIT 2
---
{"op":"ProjectSetPlan_0","info":"SrfMap:{x:unnest}, EnableLimit:true, Limit:2"}
	{"op":"ProjectPlan_1","info":"Fields:[ Call:{ name:unnest, args:[demo.l] }, demo.a ], Limit:2"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a, l ]"}
operators: 2_decoder 3_project 4_projectset
source demo (stream): decodes a l
output: {"k":"map","fields":{"a":"any","x":"any"},"rest":"any"}
