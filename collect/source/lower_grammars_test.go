//go:build cgo

package source

import "testing"

func FuzzLowerPython(f *testing.F) {
	lowerSeeds(f, "python")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, Python, text) })
}

func FuzzLowerPHP(f *testing.F) {
	lowerSeeds(f, "php")
	f.Fuzz(func(t *testing.T, text string) { lowers(t, PHP, text) })
}
