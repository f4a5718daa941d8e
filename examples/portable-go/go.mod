module kuiper-ts/examples/portable-go

go 1.19

require kuiper-ts/sdk/go v1.0.0

replace kuiper-ts/sdk/go => ../../sdks/go
