package image

import (
	"path"
	"regexp"
	"slices"

	"assay/fact"
)

// Code of libraries that is no source of their language: extensions, libraries of other languages, programs. It is told beside the package that
// brought it, for what it is made of no list of packages says. What lies in a package of the system is that package's, and is not told here.

// maxNative is how many files of machine code are named of one package.
const maxNative = 16

// nativeName matches names of files that hold machine code, where their first bytes do not tell.
var nativeName = regexp.MustCompile(`(?i)\.(so(\.\d+)*|dylib|jnilib|node|pyd|dll)$`)

// packageKey is what a package is found by from its files: where it lies, and its name too where several are told of in one place.
func packageKey(x fact.Installed) string {
	if x.Ecosystem == "composer" || x.Ecosystem == "nuget" {
		return x.Path + "#" + x.Name
	}
	return x.Path
}

// brings notes that the package of a key brought a file.
func (r *reader) brings(key, file string) { r.bringer[r.canonical(path.Clean("/" + file)[1:])] = key }

// isMachine says whether a file holds machine code. That of assemblies of .NET looks the same and is none: packages of NuGet say which of
// their files are.
func isMachine(f file) bool {
	return f.Kind == "elf" || f.Kind == "go" || f.Kind == "pe" || f.Kind == "" && nativeName.MatchString(f.Path)
}

// natives tells of each package which files of machine code it brought. What a later layer put in a file's place is not the package's.
func (r *reader) natives() {
	by := map[string][]string{}
	for _, f := range r.c.Files {
		if f.Kind == "link" || r.isSystem(f.Path) || !r.isOwned(f.Path) {
			continue
		}
		key := r.bringer[f.Path]
		for d := path.Dir(f.Path); key == "" && d != "." && d != "/"; d = path.Dir(d) {
			key = r.home[d]
		}
		if key != "" && isMachine(f) {
			by[key] = append(by[key], f.Path)
		}
	}
	for i := range r.found {
		x := &r.found[i].Installed
		if x.Ecosystem == "go" || fact.OfSystem(x.Ecosystem) {
			continue
		}
		files := slices.Concat(by[packageKey(*x)], r.packed[x.Path])
		slices.Sort(files)
		files = slices.Compact(files)
		x.NativeCount = len(files)
		for _, f := range files[:min(len(files), maxNative)] {
			x.Native = append(x.Native, clip(f))
		}
	}
}
