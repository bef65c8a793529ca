// Command hostile runs all hostile inputs against the program, those too that take minutes or gigabytes and that go test leaves out.
//
//	go run ./dev/hostile [NAME]
//
// NAME is a pattern of the cases' names, as go test -run takes it. What each took in memory and time is printed.
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	pattern := "^Test(Archive|Hostile)"
	if len(os.Args) > 1 {
		pattern = "^TestHostile$/" + os.Args[1]
	}
	c := exec.Command("go", "test", "./cmd/assay", "./acquire", "-run", pattern, "-count=1", "-v", "-timeout", "2h")
	c.Env = append(os.Environ(), "ASSAY_HOSTILE=1")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}
