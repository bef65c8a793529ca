package source

import "testing"

func FuzzLowerKotlin(f *testing.F) {
	lowerSeeds(f, "kotlin")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, Kotlin, text) })
}
