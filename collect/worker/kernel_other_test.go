//go:build !linux

package worker

func landlocked() bool { return false }
func netlocked() bool  { return false }
