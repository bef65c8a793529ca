package worker

import ll "github.com/landlock-lsm/go-landlock/landlock/syscall"

// landlocked says whether this kernel confines files, netlocked whether it confines TCP too.
func landlocked() bool { v, err := ll.LandlockGetABIVersion(); return err == nil && v >= 1 }
func netlocked() bool  { v, err := ll.LandlockGetABIVersion(); return err == nil && v >= 4 }
