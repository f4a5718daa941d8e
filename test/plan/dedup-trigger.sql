SELECT dedup_trigger(a, b, c, 5) FROM demo
---
{"op":"ProjectPlan_0","info":"Fields:[ Call:{ name:dedup_trigger, args:[demo.a, demo.b, demo.c, 5] } ]"}
	{"op":"DedupTriggerPlan_1","info":"Trigger:{ Call:{ name:dedup_trigger, args:[demo.a, demo.b, demo.c, 5] } }"}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a, b, c ]"}
operators: 2_decoder 3_dedup_trigger 4_project
source demo (stream): decodes a b c
analytic 0: $$dedup Call:{ name:dedup_trigger, args:[demo.a, demo.b, demo.c, 5] }
output: {"k":"map","fields":{"dedup_trigger":"any"},"rest":null}, stateful
