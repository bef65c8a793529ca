package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"assay/assess"
)

// version and commit are set by the release build.
var version, commit = "devel", "unknown"

// thisBuild identifies the program: version, commit, and the digest of the executable, which is the salt of everything that
// is remembered. Hashing a large executable takes a moment, so its digest is kept beside the memo under what the file
// system says of it.
func thisBuild(cache string) assess.Build {
	b := assess.Build{Version: version, Commit: commit}
	if info, ok := debug.ReadBuildInfo(); ok && commit == "unknown" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value
			}
		}
	}
	b.Build = executableDigest(cacheDir(cache))
	return b
}

func executableDigest(dir string) string {
	exe, err := os.Executable()
	if err != nil {
		return "unknown"
	}
	info, err := os.Stat(exe)
	if err != nil {
		return "unknown"
	}
	kept := ""
	if dir != "" {
		name := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", exe, info.Size(), info.ModTime().UnixNano()))
		kept = filepath.Join(dir, "exe-"+hex.EncodeToString(name[:8]))
		if data, err := os.ReadFile(kept); err == nil && len(data) == len("sha256:")+64 {
			return string(data)
		}
	}
	f, err := os.Open(exe)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "unknown"
	}
	digest := "sha256:" + hex.EncodeToString(h.Sum(nil))
	if kept != "" && os.MkdirAll(dir, 0o700) == nil {
		os.WriteFile(kept, []byte(digest), 0o600) // if this fails it is computed again
	}
	return digest
}

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Print which assay this is", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := thisBuild("")
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(b)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "assay %s, commit %s, build %s\n", b.Version, b.Commit, b.Build)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}
