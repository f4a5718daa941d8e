module kuiper-ts/sdk/go

go 1.19
