// Package difftest holds package jsonata against its reference, npm jsonata 2.0.6 under Node: generated expressions over generated
// inputs must give the same value or the same error code, and the benchmarks run both side by side. It is tests only.
//
// `make fuzz-jsonata` runs it. STRIDE_JSONATA_FUZZ is the number of cases, STRIDE_JSONATA_SEED the first seed; without the former
// the tests skip, since they need Node and npm. The reference is installed once, into the user's cache directory.
package difftest
