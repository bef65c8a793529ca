// Package scalibr has osv-scalibr say what it finds in a build file, beside what package library reads itself.
//
// Each language is given to the one extractor that is meant for it, over a file system that holds nothing but the unit
// under the name that the extractor wants. So an extractor sees no parent POM, no included requirements and no network,
// and of a version that only those give it says "". The rules use the inventory to question our own readers: a library
// that is here and not there is a gap, and the other way round.
//
// Languages without an extractor are not accepted: gradle, gradle-kts, gradle-settings, gradle-properties, pnpm-workspace,
// go-work, pyproject (whose extractor names only the project itself), setup-cfg, pipfile, dotnet-solution, composer, cmake,
// conan, vcpkg; go-sum, maven-closure, packed-jar, go-graph. Inventoried stays unpaid for them, which is a gap only to a rule that needs it, and
// so no rule should need it.
//
// Traps, measured: package-lock.json entries without resolved are left out as local; requirements with -r lead nowhere;
// a pom's dependencies that a parent manages have no version; central package versions of .NET are not listed; a go.mod
// gives stdlib as a library, and a package.json its own name.
package scalibr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	config "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/cpp/conanlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/csproj"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/nugetcpm"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/packagesconfig"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/packageslockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gomod"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/gradlelockfile"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/gradleversioncatalog"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/pomxml"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagejson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagelockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/pnpmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/yarnlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/php/composerlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pdmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pipfilelock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/poetrylock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/requirements"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/setup"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/uvlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargolock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargotoml"
	"github.com/google/osv-scalibr/log"

	"assay/artefact"
	"assay/collect"
	"assay/collect/library"
	"assay/fact"
)

// All are the collectors of this package.
var All = []*collect.Collector{Inventory}

// Inventory runs osv-scalibr's extractors.
var Inventory = &collect.Collector{
	Name:    "library/scalibr",
	Doc:     "the libraries that osv-scalibr finds in a manifest or lock file by itself, without parents, includes or network",
	Accepts: slices.Concat(kinds(artefact.Manifest), kinds(artefact.Lock)),
	Emits:   []fact.Fact{fact.Inventoried{}},
	Run:     run,
}

type extractor struct {
	family         artefact.Family
	language, file string
	ecosystem      string
	toml           bool
	open           func(*config.PluginConfig) (filesystem.Extractor, error)
}

const m, l = artefact.Manifest, artefact.Lock

var extractors = []extractor{
	{m, "maven", "pom.xml", "maven", false, pomxml.New},
	{m, "gradle-catalog", "gradle/libs.versions.toml", "maven", true, gradleversioncatalog.New},
	{m, "npm", "package.json", "npm", false, packagejson.New},
	{m, "go", "go.mod", "go", false, gomod.New},
	{m, "pip", "requirements.txt", "pypi", false, requirements.New},
	{m, "setup-py", "setup.py", "pypi", false, setup.New},
	{m, "dotnet", "project.csproj", "nuget", false, csproj.New},
	{m, "dotnet-props", "Directory.Packages.props", "nuget", false, nugetcpm.New},
	{m, "dotnet-packages", "packages.config", "nuget", false, packagesconfig.New},
	{m, "cargo", "Cargo.toml", "cargo", true, cargotoml.New},
	{l, "npm-lock", "package-lock.json", "npm", false, packagelockjson.New},
	{l, "yarn-lock", "yarn.lock", "npm", false, yarnlock.New},
	{l, "pnpm-lock", "pnpm-lock.yaml", "npm", false, pnpmlock.New},
	{l, "pip-lock", "requirements.txt", "pypi", false, requirements.New},
	{l, "pipfile-lock", "Pipfile.lock", "pypi", false, pipfilelock.New},
	{l, "poetry-lock", "poetry.lock", "pypi", true, poetrylock.New},
	{l, "uv-lock", "uv.lock", "pypi", true, uvlock.New},
	{l, "pdm-lock", "pdm.lock", "pypi", true, pdmlock.New},
	{l, "dotnet-lock", "packages.lock.json", "nuget", false, packageslockjson.New},
	{l, "cargo-lock", "Cargo.lock", "cargo", true, cargolock.New},
	{l, "composer-lock", "composer.lock", "composer", false, composerlock.New},
	{l, "gradle-lock", "gradle.lockfile", "maven", false, gradlelockfile.New},
	{l, "conan-lock", "conan.lock", "conan", false, conanlock.New},
}

func kinds(f artefact.Family) (out []collect.Kind) {
	for _, e := range extractors {
		if e.family == f {
			out = append(out, collect.Kind{Family: f, Language: e.language})
		}
	}
	return out
}

// package.json lists what it depends on only on demand.
var settings = &config.PluginConfig{PluginSpecific: []*config.PluginSpecificConfig{{
	Config: &config.PluginSpecificConfig_JavascriptPackageJson{JavascriptPackageJson: &config.JavascriptPackageJsonConfig{IncludeDependencies: true}},
}}}

const maxBytes, maxPackages = 32 << 20, 50_000

func run(p *collect.Pass) error {
	i := slices.IndexFunc(extractors, func(e extractor) bool { return e.family == p.Family && e.language == p.Language })
	if i < 0 {
		return fmt.Errorf("no extractor for %s %s", p.Family, p.Language)
	}
	e := extractors[i]
	if len(p.Data) > maxBytes {
		return fmt.Errorf("%d bytes: more than %d are not read", len(p.Data), maxBytes)
	}
	if e.toml {
		if err := library.Nesting(p.Data); err != nil {
			return err
		}
	}
	x, err := e.open(settings)
	if err != nil {
		return err
	}
	f := &file{name: e.file, data: p.Data}
	found, err := x.Extract(context.Background(), &filesystem.ScanInput{FS: f, Path: e.file, Root: "", Info: info{f}, Reader: strings.NewReader(p.Data)})
	seen := map[fact.Inventoried]bool{}
	var all []fact.Inventoried
	for _, k := range found.Packages {
		if k == nil || k.Name == "" {
			continue
		}
		y := fact.Inventoried{Ecosystem: e.ecosystem, Name: name(e.ecosystem, k.Name), Version: version(e.ecosystem, k.Name, k.Version)}
		if !seen[y] {
			seen[y] = true
			all = append(all, y)
		}
	}
	// extractors keep packages in maps: their order is nothing to rely on
	slices.SortFunc(all, func(a, b fact.Inventoried) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
	if len(all) > maxPackages {
		all, err = all[:maxPackages], fmt.Errorf("more than %d packages", maxPackages)
	}
	for _, y := range all {
		if len(y.Name) > 1024 || len(y.Version) > 1024 {
			p.Gap(y, 0, "unparsed", "a name of %d bytes", len(y.Name))
			continue
		}
		p.Emit(y, 0)
	}
	if err != nil { // what it quotes may be a secret
		if v := fact.Masked("", err.Error()); v.Op == "const" {
			return errors.New(v.Text)
		}
		return errors.New("the file could not be read")
	}
	return nil
}

var separators = regexp.MustCompile(`[-_.]+`)

// name returns the name as package fact has it.
func name(ecosystem, n string) string {
	switch ecosystem {
	case "pypi":
		return separators.ReplaceAllString(strings.ToLower(n), "-")
	case "composer":
		return strings.ToLower(n)
	}
	return n
}

// version returns the version as the files write it: scalibr takes the v from those of Go.
func version(ecosystem, name, v string) string {
	if ecosystem == "go" && v != "" && name != "stdlib" && !strings.HasPrefix(v, "v") {
		return "v" + v
	}
	return v
}

// scalibr logs what it cannot read; that is said by the error, or by what is missing.
type quiet struct{}

func (quiet) Errorf(string, ...any) {}
func (quiet) Error(...any)          {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Warn(...any)           {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Info(...any)           {}
func (quiet) Debugf(string, ...any) {}
func (quiet) Debug(...any)          {}

func init() { log.SetLogger(quiet{}) }

// A file is a file system of one file.
type file struct{ name, data string }

func (f *file) Open(name string) (fs.File, error) {
	if name != f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &open{bytes.NewReader([]byte(f.data)), f}, nil
}

func (f *file) Stat(name string) (fs.FileInfo, error) {
	if name != f.name {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return info{f}, nil
}

func (f *file) ReadDir(name string) ([]fs.DirEntry, error) {
	return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
}

type open struct {
	*bytes.Reader
	f *file
}

func (o *open) Stat() (fs.FileInfo, error) { return info{o.f}, nil }
func (o *open) Close() error               { return nil }

// An info describes a file.
type info struct{ f *file }

func (i info) Name() string       { return i.f.name[strings.LastIndex(i.f.name, "/")+1:] }
func (i info) Size() int64        { return int64(len(i.f.data)) }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
