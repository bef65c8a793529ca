package worker

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime/debug"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// Limits of a worker. Memory is address space beyond what the runtime reserves; one that needs more is killed by its own
// failed allocation.
const (
	maxMemory = 3 << 30
	maxFile   = 256 << 20
	maxFiles  = 256
)

// attach makes a worker die with its parent.
func attach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// gone says whether no process has this number.
func gone(pid int) bool { return pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// restrict takes from this process what a parser does not need. Landlock is used as far as this kernel has it; resource
// limits always hold.
func restrict(dir string) error {
	debug.SetMemoryLimit(maxMemory / 2)
	for _, l := range []struct {
		what  int
		limit uint64
	}{{unix.RLIMIT_DATA, maxMemory}, {unix.RLIMIT_FSIZE, maxFile}, {unix.RLIMIT_NOFILE, maxFiles}, {unix.RLIMIT_CORE, 0}} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.limit, Max: l.limit}); err != nil {
			return fmt.Errorf("limit a worker: %w", err)
		}
	}
	rules := landlock.V5.BestEffort()
	if err := rules.RestrictPaths(landlock.RWDirs(dir)); err != nil {
		return fmt.Errorf("restrict a worker's files: %w", err)
	}
	if err := rules.RestrictNet(); err != nil {
		return fmt.Errorf("restrict a worker's network: %w", err)
	}
	return nil
}
