package source

import "fmt"

var ZZMax float64
func ZZ(n int, steps int64) { if r := float64(steps)/float64(n+1000); r > ZZMax || n > 8000000 { ZZMax = max(r,ZZMax); fmt.Println("STEPS", n, steps, r) } }
