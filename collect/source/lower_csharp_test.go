//go:build cgo

package source

import "testing"

func FuzzLowerCSharp(f *testing.F) {
	lowerSeeds(f, "csharp")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, CSharp, text) })
}
