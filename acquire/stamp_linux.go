package acquire

import (
	"io/fs"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// reliableTypes are the file systems that give every change its time, to the fraction of a second, and every file an inode of its own: ext2
// to 4, XFS, Btrfs, F2FS, ZFS, bcachefs, those in memory, and overlays.
var reliableTypes = []int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, 0x2fc12fc1, 0xca451a4e, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC}

// reliable returns the device that root lies on, and whether stamps of files there can be relied on.
func reliable(root *os.Root) (device uint64, ok bool) {
	f, err := root.Open(".")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	var s unix.Statfs_t
	info, err := f.Stat()
	if err != nil || unix.Fstatfs(int(f.Fd()), &s) != nil {
		return 0, false
	}
	return stampOf(info).Device, slices.Contains(reliableTypes, int64(s.Type))
}

func stampOf(info fs.FileInfo) stamp {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return stamp{}
	}
	return stamp{Device: uint64(s.Dev), Inode: s.Ino, Size: s.Size, Mode: s.Mode, Written: s.Mtim.Nano(), Changed: s.Ctim.Nano()}
}
