20.000 → started  {}
20.000 → Tell  in parallel
20.001   → Email  lambda:invoke  {}
20.001   → SMS  lambda:invoke  {}
20.005   ✗ SMS  BadAddress: no telephone address
20.005   ✗ Email  aborted
20.005   ✗ SMS  aborted
20.005 ✗ Tell  BadAddress: no telephone address
20.005 · Tell  caught
20.005 ✗ FAILED after 5ms  BadAddress: no telephone address
