// Command stride builds, deploys, runs and watches this repository's workflows. It only composes: the command is package stride.
package main

import (
	"os"

	"github.com/stride-aws/stride"
	"github.com/stride-aws/stride/workflows"
)

func main() { os.Exit(stride.Main(workflows.All()...)) }
