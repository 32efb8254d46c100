module github.com/stride-aws/stride

go 1.26
