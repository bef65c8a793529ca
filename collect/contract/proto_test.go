package contract

import "testing"

func FuzzProto(f *testing.F) { fuzzed(f, Proto) }
