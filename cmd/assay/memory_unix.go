//go:build unix && !aix

package main

import (
	"runtime"
	"syscall"
)

// peakMemory returns the most memory that this process held, and the most that one of its workers did which ended, in bytes.
func peakMemory() (own, worker int64) {
	peak := func(who int) int64 {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) != nil {
			return 0
		}
		if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
			return int64(u.Maxrss)
		}
		return int64(u.Maxrss) << 10
	}
	return peak(syscall.RUSAGE_SELF), peak(syscall.RUSAGE_CHILDREN)
}
