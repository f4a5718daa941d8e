-- options: {"isEventTime":true}
SELECT a FROM timed WHERE a > 1
---
{"op":"ProjectPlan_0","info":"Fields:[ timed.a ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ timed.a > 1 } }, "}
			{"op":"WatermarkPlan_2","info":"Emitters:[ timed ], SendWatermark:false"}
					{"op":"DataSourcePlan_3","info":"StreamName: timed, StreamFields:[ a, ts ]"}
operators: 2_decoder 3_preprocessor 4_watermark 5_filter 6_project
source timed (stream): decodes a ts
output: {"k":"map","fields":{"a":"int"},"rest":null}, stateful
