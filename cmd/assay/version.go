package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/scheme"
)

// version and commit are set by the release build. What it leaves open is taken from what the Go tool recorded.
var version, commit = "devel", "unknown"

// thisVersion is the version that the release build set, or that of the module as the Go tool knows it.
func thisVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "devel" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return version
}

// setting returns what the Go tool recorded of this build under a key, "" for nothing.
func setting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// thisBuild identifies the program: version, commit, and the digest of the executable, which is the salt of everything that
// is remembered. Hashing a large executable takes a moment, so its digest is kept beside the memo under what the file
// system says of it.
func thisBuild(cache string) assess.Build {
	b := assess.Build{Version: thisVersion(), Commit: commit}
	if revision := setting("vcs.revision"); revision != "" && commit == "unknown" {
		b.Commit = revision
		if setting("vcs.modified") == "true" {
			b.Commit += "+dirty" // it is not what the commit holds
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
	kept, seal := "", func(digest string) string { return digest }
	if stamp, ok := acquire.FileStamp(exe); ok && dir != "" {
		name := artefact.Hash("executable", exe, stamp)
		kept = filepath.Join(dir, "exe-"+hex.EncodeToString(name[:8]))
		seal = func(digest string) string { // so that a damaged file names no other program
			return digest + "\n" + artefact.Hash("executable", exe, stamp, digest).String() + "\n"
		}
		if data, err := os.ReadFile(kept); err == nil {
			if digest, _, _ := strings.Cut(string(data), "\n"); string(data) == seal(digest) {
				return digest
			}
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
		os.WriteFile(kept, []byte(seal(digest)), 0o600) // if this fails it is computed again
	}
	return digest
}

// A versionReport is what assay says of itself: the build as every document names it, what it was made with, and by what it judges.
type versionReport struct {
	assess.Build
	Time     string       `json:"time,omitempty"` // of the commit, RFC 3339
	Go       string       `json:"go"`
	Platform string       `json:"platform"` // operating system and architecture, as in linux/amd64
	Cgo      bool         `json:"cgo"`      // without it the grammars of most languages are missing, and files in them are gaps
	Modules  int          `json:"modules"`  // other modules that are linked
	Scheme   schemeReport `json:"scheme"`
}

type schemeReport struct {
	ID      string `json:"id"`
	Digest  string `json:"digest"`
	Rulings string `json:"rulings"`
}

func thisReport() versionReport {
	digest, rulings := scheme.Digest(), scheme.RulingsDigest()
	r := versionReport{Build: thisBuild("none"), Time: setting("vcs.time"), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Cgo: setting("CGO_ENABLED") == "1",
		Scheme: schemeReport{ID: scheme.ID, Digest: "sha256:" + hex.EncodeToString(digest[:]), Rulings: "sha256:" + hex.EncodeToString(rulings[:])}}
	if info, ok := debug.ReadBuildInfo(); ok {
		r.Modules = len(info.Deps)
	}
	return r
}

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Print which assay this is, and by what it judges", Args: cobra.NoArgs,
		Long: `version prints the version, the commit and the digest of the executable, as every document names them, with what the program was
made with and the digests of the scheme and its rulings. The digest is of the file that runs: it equals that of a release if the file is
that release's.`,
		Example: "  assay version --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := thisReport()
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(r)
			}
			cgo := "with cgo"
			if !r.Cgo {
				cgo = "without cgo: files of most languages are not read"
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "assay %s, commit %s, build %s\n%s, %s, %s, %d modules\nscheme %s %s, rulings %s\n", r.Version, r.Commit, r.Build.Build, r.Go, r.Platform, cgo, r.Modules,
				r.Scheme.ID, r.Scheme.Digest, r.Scheme.Rulings)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}
