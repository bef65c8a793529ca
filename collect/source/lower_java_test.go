//go:build cgo

package source

import "testing"

func FuzzLowerJava(f *testing.F) {
	lowerSeeds(f, "java")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, Java, text) })
}
