// Package crash is the proof that `stride local --data` forgets nothing: a test that ends the process with SIGKILL at random
// moments, under load, starts it again, and looks for steps that were lost or done twice. There is nothing here but the test.
package crash
