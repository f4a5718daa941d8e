SELECT meta(topic) AS t, meta(demo.qos), mqtt(messageid), meta(props->user->id) AS u, a FROM demo WHERE meta(qos) = 1
---
{"op":"ProjectPlan_0","info":"Fields:[ $$alias.t,aliasRef:Call:{ name:meta, args:[metaRef:{ streamName:$$default, fieldName:topic }] }, Call:{ name:meta, args:[metaRef:{ streamName:demo, fieldName:qos }] }, Call:{ name:mqtt, args:[metaRef:{ streamName:$$default, fieldName:messageid }] }, $$alias.u,aliasRef:Call:{ name:meta, args:[binaryExpr:{ binaryExpr:{ metaRef:{ streamName:$$default, fieldName:props } -> jsonFieldName:user } -> jsonFieldName:id }] }, demo.a ]"}
	{"op":"FilterPlan_1","info":"Condition:{ binaryExpr:{ Call:{ name:meta, args:[metaRef:{ streamName:$$default, fieldName:qos }] } = 1 } }, "}
			{"op":"DataSourcePlan_2","info":"StreamName: demo, StreamFields:[ a ]"}
operators: 2_decoder 3_filter 4_project
source demo (stream): decodes a meta messageid,props,qos,topic
alias t: any
alias u: any
output: {"k":"map","fields":{"t":"any","meta":"any","mqtt":"any","u":"any","a":"any"},"rest":null}
