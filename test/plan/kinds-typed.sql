SELECT id / 2 AS i, v / 2 AS f, id + v AS m, id & 1 AS bits, l[0] AS e, l[1:] AS tail, o->n AS n, CASE WHEN ok = true THEN id ELSE v END AS c, name = "x" AS b FROM typed
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.b,aliasRef:binaryExpr:{ typed.name = x }, $$alias.bits,aliasRef:binaryExpr:{ typed.id & 1 }, $$alias.c,aliasRef:caseExprValue:{ whenClauses:[{ whenClause:{ binaryExpr:{ typed.ok = true } } }] }, $$alias.e,aliasRef:binaryExpr:{ typed.l[0] }, $$alias.f,aliasRef:binaryExpr:{ typed.v / 2 }, $$alias.i,aliasRef:binaryExpr:{ typed.id / 2 }, $$alias.m,aliasRef:binaryExpr:{ typed.id + typed.v }, $$alias.n,aliasRef:binaryExpr:{ typed.o -> jsonFieldName:n }, $$alias.tail,aliasRef:binaryExpr:{ typed.l[ColonExpr:{ start:{ 1 }, end:{ -2147483648 } }] } ]"}
	{"op":"DataSourcePlan_1","info":"StreamName: typed, StreamFields:[ id, l, name, o, ok, v ]"}
operators: 2_decoder 3_project
source typed (stream): decodes id l name o ok v
alias b: bool
alias bits: any
alias c: any
alias e: int
alias f: float
alias i: int
alias m: float
alias n: int
alias tail: {"k":"list","of":"int"}
output: {"k":"map","fields":{"b":"bool","bits":"any","c":"any","e":"int","f":"float","i":"int","m":"float","n":"int","tail":{"k":"list","of":"int"}},"rest":null}
