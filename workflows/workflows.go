// Package workflows holds this repository's workflows, the living examples of the flow language. The command line gets them from
// All; their handlers are in lambdas/.
package workflows

import "github.com/stride-aws/stride/flow"

// All are the workflows of the project.
func All() []flow.Workflow {
	return []flow.Workflow{Fulfilment, Ingestion, Reporting, StockTaking, Recounting}
}
