package image

import (
	"bytes"
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	config "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/depsjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/wheelegg"
	"github.com/google/osv-scalibr/extractor/filesystem/os/apk"
	"github.com/google/osv-scalibr/extractor/filesystem/os/dpkg"
	"github.com/google/osv-scalibr/log"

	"assay/fact"
)

// opinion is what osv-scalibr is asked about: parts of a name, by the extractor that is meant for them. Go programs, gems, Node's and
// Composer's packages are not asked about: our readers want the same fields of the same files.
var opinion = []struct {
	ecosystem string
	of        func(name string) bool
	open      func(*config.PluginConfig) (filesystem.Extractor, error)
}{
	{"debian", func(n string) bool {
		return n == "var/lib/dpkg/status" || strings.HasPrefix(n, "var/lib/dpkg/status.d/") && !strings.HasSuffix(n, ".md5sums")
	}, dpkg.New},
	{"alpine", func(n string) bool { return strings.HasSuffix(n, "lib/apk/db/installed") }, apk.New},
	{"pypi", func(n string) bool { return strings.HasSuffix(n, ".dist-info/METADATA") }, wheelegg.New},
	{"nuget", func(n string) bool { return strings.HasSuffix(n, ".deps.json") }, depsjson.New},
}

// scalibr logs what it cannot read; that shows by what is missing.
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

// opinions compares what our readers found with what osv-scalibr finds. What it alone has, we have overlooked. That it fails
// is no evidence: it wants more of these files than we do.
func (r *reader) opinions() {
	ours := map[string]bool{}
	for _, x := range r.found {
		ours[x.Ecosystem+" "+x.Name+" "+x.Version] = true
	}
	for _, o := range opinion {
		var overlooked []string
		for _, name := range r.parts["files"] {
			if !o.of(name) || r.isSystem(name) && o.ecosystem != "debian" && o.ecosystem != "alpine" {
				continue
			}
			e, err := o.open(&config.PluginConfig{})
			if err != nil {
				continue
			}
			f := &memory{name, r.p.Parts["files/"+name]}
			found, _ := e.Extract(context.Background(), &filesystem.ScanInput{FS: f, Path: name, Info: info{f}, Reader: strings.NewReader(f.data)})
			for _, k := range found.Packages {
				if k == nil || k.Name == "" || k.Version == "" {
					continue
				}
				n := k.Name
				if o.ecosystem == "pypi" {
					n = pypi(n)
				}
				if o.ecosystem == "nuget" && !r.depends(name, n, k.Version) {
					continue
				}
				if !ours[o.ecosystem+" "+n+" "+k.Version] {
					overlooked = append(overlooked, clip(n))
				}
			}
		}
		if len(overlooked) > 0 {
			slices.Sort(overlooked)
			overlooked = slices.Compact(overlooked)
			more := ""
			if len(overlooked) > 3 {
				overlooked, more = overlooked[:3], " and others"
			}
			r.p.Gap(fact.Installed{}, 0, "unresolved", "osv-scalibr finds %s%s in it, and our reader does not", strings.Join(overlooked, ", "), more)
		}
	}
}

// depends says whether a program of .NET calls this a package, and not a project of its own.
func (r *reader) depends(name, id, version string) bool {
	text, _ := r.text(name)
	i := strings.LastIndex(text, `"`+id+"/"+version+`"`)
	if i < 0 {
		return false
	}
	rest := text[i:]
	if j := strings.IndexByte(rest, '}'); j >= 0 {
		rest = rest[:j]
	}
	return strings.Contains(rest, `"package"`)
}

// A memory is a file system of one file.
type memory struct{ name, data string }

func (m *memory) Open(name string) (fs.File, error) {
	if name != m.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &opened{bytes.NewReader([]byte(m.data)), m}, nil
}

func (m *memory) Stat(name string) (fs.FileInfo, error) {
	if name != m.name {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return info{m}, nil
}

func (m *memory) ReadDir(name string) ([]fs.DirEntry, error) {
	return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
}

type opened struct {
	*bytes.Reader
	m *memory
}

func (o *opened) Stat() (fs.FileInfo, error) { return info{o.m}, nil }
func (o *opened) Close() error               { return nil }

type info struct{ m *memory }

func (i info) Name() string       { return path.Base(i.m.name) }
func (i info) Size() int64        { return int64(len(i.m.data)) }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
