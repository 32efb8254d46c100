20.000 → started  {"id":"o-17"}
20.001 → Reserve  inventory-reserve:3  {"id":"o-17"}
20.080 ✗ Reserve  Busy: try again
21.080 → Reserve  inventory-reserve:3  attempt 2, 1s after the last  {"FunctionName":"arn:aws:lambda:us-east-1:0:function:inventory-reserve:3"}
21.121 ✓ Reserve  1.12s  {}
21.121 · Large?
21.122 → Approve  approvals-ask  {"FunctionName":"approvals-ask"}
21.123 … Approve  waits for a callback, at most 3d
29.000 ✓ Approve  7.88s
29.000 → Pack  2 items
29.001   ✓ [0] Box
29.002   ✓ [1] Box
29.003 ✓ Pack  3ms
29.003 → Tell  in parallel
29.003   … Pause  waits
29.003   → Mail  mail  {}
29.010   ✗ Mail  Bounced\x1b[2J: no such box
29.010 ✗ Tell  Bounced\x1b[2J: no such box
29.011 ✗ Release  States.QueryEvaluationError: T1006 in Arguments/Payload
29.012 ✗ FAILED after 9.01s  States.QueryEvaluationError: T1006
