//go:build !linux

package main

import "errors"

// landlock says that there is none: it is of Linux.
func landlock() (int, error) { return 0, errors.New("only Linux has Landlock") }
