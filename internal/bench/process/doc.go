// Package process is benchmarks only: whole processes, as a user starts them.
package process
