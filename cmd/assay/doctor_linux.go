package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// landlock returns the version of Landlock that this kernel has.
func landlock() (int, error) {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch {
	case errno == unix.ENOSYS:
		return 0, errors.New("the kernel has no Landlock, or this container forbids it")
	case errno == unix.EOPNOTSUPP:
		return 0, errors.New("the kernel was started without Landlock")
	case errno != 0:
		return 0, fmt.Errorf("the kernel does not tell of Landlock: %w", errno)
	}
	return int(version), nil
}
