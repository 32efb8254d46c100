module github.com/stride-aws/stride/internal/jsonpath/testdata/bench

go 1.26.0

require (
	github.com/ohler55/ojg v1.28.5
	github.com/stride-aws/stride v0.0.0
)

replace github.com/stride-aws/stride => ../../../..
