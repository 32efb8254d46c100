package conformance

// knownDifferences are the cases that differ from AWS's recording, each with its reason. One that passes fails the test.
var knownDifferences = map[string]string{}
