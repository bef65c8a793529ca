package acquire

import (
	"archive/tar"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/artefact"
)

// Directories that only names of entries speak of are counted like entries: a thousand short headers may speak of millions.
func TestArchiveImpliedDirectories(t *testing.T) {
	small := Options{Limits: Limits{File: 1 << 20, Lock: 1 << 20, Files: 100, Total: 8 << 20, Depth: 8}}
	var files []packedFile
	for i := range 10 {
		files = append(files, packedFile{name: fmt.Sprint(i) + strings.Repeat("/x", 50) + "/a.py"})
	}
	for form, data := range map[string][]byte{"tar": tarArchive(t, files), "zip": zipArchive(t, files)} {
		if _, _, err := archived(t, data, small); err == nil || !strings.Contains(err.Error(), "entries and directories") {
			t.Errorf("%s: %v", form, err)
		}
	}
	if _, _, err := archived(t, tarArchive(t, files[:7]), small); err != nil {
		t.Errorf("within the bound: %v", err)
	}
}

// Links that all lead far are followed up to a bound, beyond which each is a fault; what is a file stays one, and a submodule that is
// missing is still told.
func TestArchiveFarLinks(t *testing.T) {
	files := []packedFile{{name: ".gitmodules", data: "[submodule \"a\"]\n\tpath = libs/a\n"}, {name: "d/"}, {name: "d/a.py", data: "1"}}
	const links = 10_000
	for i := range links {
		files = append(files, packedFile{name: fmt.Sprintf("l%d.py", i), kind: tar.TypeSymlink, link: strings.Repeat("d/../", 600) + "d/a.py"})
	}
	a, _, err := archived(t, tarArchive(t, files), Options{})
	if err != nil {
		t.Fatal(err)
	}
	faults := map[string]int{}
	for _, u := range a.Units {
		faults[u.Fault]++
	}
	if faults[linksTooLong] == 0 || faults[linksTooLong] > links-maxLinkSteps/1300 || faults[leadsOut] != 0 {
		t.Errorf("%v", faults)
	}
	if !slices.ContainsFunc(a.Units, func(u artefact.Unit) bool { return u.Path == "main/libs/a/(submodule)" }) {
		t.Error("the submodule that is missing is not told")
	}
}

// Many submodules and many files are matched once each, not each with each.
func TestArchiveManySubmodules(t *testing.T) {
	var modules strings.Builder
	files := []packedFile{}
	for i := range 20_000 {
		fmt.Fprintf(&modules, "path = m%d\n", i)
		if i%2 == 0 {
			files = append(files, packedFile{name: fmt.Sprintf("m%d/a.py", i)})
		}
	}
	a, _, err := archived(t, tarArchive(t, append(files, packedFile{name: ".gitmodules", data: modules.String()})), Options{})
	if err != nil || len(a.Units) != 20_001 {
		t.Errorf("%d units: %v", len(a.Units), err)
	}
}
