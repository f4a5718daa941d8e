-- options: {"isEventTime":true,"lateToleranceMs":2000}
SELECT b, count(*) AS n FROM timed WHERE a > 1 GROUP BY b, TUMBLINGWINDOW(ss, 10)
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.n,aliasRef:Call:{ name:count, args:[*] }, timed.b ]"}
	{"op":"AggregatePlan_1","info":"Dimension:{ timed.b }"}
			{"op":"FilterPlan_2","info":"Condition:{ binaryExpr:{ timed.a > 1 } }, "}
					{"op":"WindowPlan_3","info":"{ length:10, windowType:TUMBLING_WINDOW, limit: 0 }"}
							{"op":"WatermarkPlan_4","info":"Emitters:[ timed ], SendWatermark:true"}
									{"op":"DataSourcePlan_5","info":"StreamName: timed, StreamFields:[ a, b, ts ]"}
operators: 2_decoder 3_preprocessor 4_watermark 5_window 6_filter 7_aggregate 8_project
source timed (stream): decodes all
alias n: int
aggregate 0: Call:{ name:count, args:[*] } int
output: {"k":"map","fields":{"n":"int","b":"string"},"rest":null}, stateful
