// Package machine runs state machines. A definition goes in through Compile, which resolves everything once: states become
// pointers, paths, templates and JSONata are parsed, resources are taken apart. What comes out is a Program, immutable and
// safe for any number of executions at once. Program.Start makes a Run of it; Run.Wait runs it to its end.
//
// Each execution is one deterministic loop on the goroutine that calls Wait: branches of Parallel and iterations of Map take
// turns in it, in a fixed order. Tasks run outside of the loop. All contact with the world goes through Env: tasks, time, ids,
// random numbers and the events that the execution emits. So a journal of the inputs (Env.Journal) is enough to bring a run
// back to where it was: Run.Replay.
//
// The local store, flowtest, `stride run` and TestState are its callers. AWS is the judge of every event: the recorded
// executions of the conformance suite are run through this package's tests.
package machine
