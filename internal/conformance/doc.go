// Package conformance runs the executions, API calls and state tests that were recorded on AWS against the local Step Functions
// and compares the answers as strictly as the recordings allow. It is for tests only: the recordings are data of outside judges
// (see package judges). Cases go in through load, one result a case comes out of run; services that the definitions call are
// played by small peers.
package conformance
