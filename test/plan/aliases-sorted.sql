SELECT z + 1 AS y, id + 1 AS x, x * 2 AS z, id FROM typed
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.x,aliasRef:binaryExpr:{ typed.id + 1 }, $$alias.z,aliasRef:binaryExpr:{ $$alias.x,aliasRef:binaryExpr:{ typed.id + 1 } * 2 }, $$alias.y,aliasRef:binaryExpr:{ $$alias.z,aliasRef:binaryExpr:{ $$alias.x,aliasRef:binaryExpr:{ typed.id + 1 } * 2 } + 1 }, typed.id ]"}
	{"op":"DataSourcePlan_1","info":"StreamName: typed, StreamFields:[ id ]"}
operators: 2_decoder 3_project
source typed (stream): decodes id
alias x: int
alias z: int
alias y: int
output: {"k":"map","fields":{"x":"int","z":"int","y":"int","id":"int"},"rest":null}
