package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/acquire"
)

// A place is what a path on the command line has to be.
type place int

const (
	systemPath place = iota + 1 // a directory, an archive or the URL of a repository
	filePath                    // a file
	anyPath                     // a file or a directory
	mirrorPath                  // a directory or a URL
)

// arguments says, by command, what its positional arguments are: the last entry holds for those that follow. A command that takes paths
// has its row here, so that a path that is not there ends in the same words and the same exit code everywhere; a test tries each.
var arguments = map[string][]place{
	"assay assess": {systemPath},
	"assay sbom":   {systemPath},
	"assay model":  {systemPath},
	"assay init":   {systemPath},
	"assay doctor": {systemPath},
	"assay review": {systemPath}, "assay review list": {systemPath}, "assay review import": {filePath}, "assay plan": {systemPath},
	"assay key list": {anyPath}, "assay key public": {filePath}, "assay policy sign": {filePath}, "assay policy show": {filePath},
	"assay evidence add": {filePath}, "assay evidence list": {systemPath}, "assay evidence verify": {systemPath},
	"assay verify": {filePath}, "assay certify": {systemPath}, "assay certify show": {filePath}, "assay status": {anyPath},
	"assay report":    {filePath},
	"assay diff":      {filePath},
	"assay db import": {anyPath},
}

// flagged says the same of flags; a flag of one command alone is written with it.
var flagged = map[string]place{
	"dir":                  systemPath,
	"config":               filePath,
	"from":                 filePath,
	"baseline":             filePath,
	"root":                 systemPath, // ID=DIR
	"sbom":                 filePath,   // DIR=FILE
	"assay db update from": mirrorPath,
	"assay verify policy":  filePath, "assay verify against": systemPath, "assay verify checkpoint": filePath,
}

// given checks the paths of a command line before anything is done: one that is not there, or is of the wrong sort, is a mistake on the
// command line, exit code 2. What is there and cannot be read, or holds nothing, is exit code 4, and the command's to tell.
func given(cmd *cobra.Command, args []string) error {
	path := cmd.CommandPath()
	if want := arguments[path]; len(want) > 0 {
		for i, a := range args {
			if err := want[min(i, len(want)-1)].check("", a); err != nil {
				return err
			}
		}
	}
	for name, want := range flagged {
		own, flag, _ := cutLast(name)
		if own != "" && own != path || own == "" && flagged[path+" "+flag] != 0 {
			continue
		}
		f := cmd.Flags().Lookup(flag)
		if f == nil || !f.Changed {
			continue
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(interface{ GetSlice() []string }); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if flag == "root" || flag == "sbom" {
				if _, path, ok := strings.Cut(v, "="); ok {
					v = path
				}
			}
			if err := want.check("--"+flag+" ", v); err != nil {
				return err
			}
		}
	}
	return nil
}

func cutLast(name string) (before, last string, ok bool) {
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return "", name, false
}

// check says what is wrong with a path.
func (p place) check(flag, path string) error {
	if p == systemPath && acquire.IsRemote(path) || p == mirrorPath && acquire.IsURL(path) {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what := map[place]string{systemPath: "directory", mirrorPath: "directory", filePath: "file", anyPath: "file or directory"}[p]
		return usageHint(suggestPath(path), "%s%s: there is no such %s", flag, path, what)
	case err != nil:
		return nil // that it cannot be opened is for the command to tell
	case p == filePath && info.IsDir():
		return usage("%s%s is a directory, and a file is needed", flag, path)
	case p == mirrorPath && !info.IsDir():
		return usage("%s%s is a file, and a directory is needed", flag, path)
	}
	return nil
}

// suggestPath names what lies beside a path that is not there and is called nearly so.
func suggestPath(path string) string {
	dir, name := filepath.Split(filepath.Clean(path))
	if dir == "" {
		dir = "."
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) > 1000 {
		return ""
	}
	var names []string
	for _, l := range list {
		names = append(names, l.Name())
	}
	if found := near(name, names); len(found) > 0 {
		return "did you mean " + filepath.Join(dir, found[0]) + "?"
	}
	return ""
}

// usageHint is a usage error with advice, if there is any.
func usageHint(advice, format string, args ...any) error {
	err := usage(format, args...).(exit)
	if advice != "" {
		err.err = hint{err.err, advice}
	}
	return err
}

// near returns those of names that name may have been meant for, the nearest first, at most three.
func near(name string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var found []candidate
	low := strings.ToLower(name)
	for _, n := range names {
		other := strings.ToLower(n)
		far := distance(low, other)
		if far > max(1, min(len(low), len(other))/3) {
			if len(low) < 3 || !strings.Contains(other, low) && !strings.Contains(low, other) || len(other) < 3 {
				continue
			}
			far += len(low) // a part of the name, behind those that are nearly the name
		}
		found = append(found, candidate{n, far})
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		if a.far != b.far {
			return a.far - b.far
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, c := range found[:min(len(found), 3)] {
		out = append(out, c.name)
	}
	return out
}

// distance is how many characters are to be put in, taken out, changed or swapped with their neighbour to come from a to b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 200 || len(y) > 200 {
		return max(len(x), len(y))
	}
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

// didYouMean says it, or nothing.
func didYouMean(found []string) string {
	if len(found) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(found, " or ") + "?"
}
