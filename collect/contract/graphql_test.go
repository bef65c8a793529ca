package contract

import "testing"

func FuzzGraphQL(f *testing.F) { fuzzed(f, GraphQL) }
