// Package flow is the language that workflows are written in. A workflow is an ordinary Go function that takes a Context and an
// input, calls steps of this package, and returns an output or an error:
//
//	func Ship(c flow.Context, order Order) (Receipt, error) {
//		parcel, err := flow.Call(c, shipping.Pack, order)
//		if err != nil {
//			return Receipt{}, err
//		}
//		return Receipt{Order: order.ID, Parcel: parcel.ID}, nil
//	}
//
//	var Shipping = flow.Standard("shipping", Ship, flow.Function(shipping.Pack))
//
// stride compiles the function's source into an AWS Step Functions state machine: each step becomes a state, and the Go between
// the steps becomes JSONata in the states beside it. Nothing of the function runs in a Lambda. What the compiler does not know it
// refuses, with the place and a way out.
//
// The same function also runs natively, on a clock of its own: Workflow.Execute calls the handlers directly, so that a debugger
// steps through it, with the retries, timeouts and concurrency of the compiled form. flow/flowtest runs both and compares them.
// Steps by Do call the SDK clients of Workflow.WithClients.
//
// Values cross between steps as JSON, natively too: a handler sees what encoding/json makes of its input. Three things that Go can
// do are outside of that: two appends to one slice never share memory in a state machine (use slices.Clip where Go might), an
// index out of range or a nil pointer ends a state with States.QueryEvaluationError or reads as nothing where Go panics, and
// integers are exact up to 2^53.
package flow
