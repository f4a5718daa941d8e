SELECT * FROM demo
---
{"op":"ProjectPlan_0","info":"Fields:[ * ]"}
	{"op":"DataSourcePlan_1","info":"StreamName: demo"}
operators: 2_decoder 3_project
source demo (stream): decodes all
output: {"k":"map","fields":{},"rest":"any"}
