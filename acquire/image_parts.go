package acquire

import (
	"archive/zip"
	"bufio"
	"bytes"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// wantedFiles are the files of an image that tell of packages, whole.
var wantedFiles = []*regexp.Regexp{
	regexp.MustCompile(`^var/lib/dpkg/(status|status\.d/[^/]+|info/[^/]+\.list)$`),
	regexp.MustCompile(`^((usr/)?lib|var/lib)/apk/db/installed$`),
	regexp.MustCompile(`^(etc|usr/lib)/os-release$`),
	regexp.MustCompile(`^etc/(debian_version|alpine-release)$`),
	database(),
	regexp.MustCompile(`(^|/)[^/]+\.dist-info/(METADATA|RECORD)$`),
	regexp.MustCompile(`(^|/)[^/]+\.egg-info(/PKG-INFO|/installed-files\.txt)?$`),
	regexp.MustCompile(`(^|/)EGG-INFO/PKG-INFO$`),
	regexp.MustCompile(`(^|/)node_modules/(@[^/]+/)?[^/@.][^/]*/package\.json$`),
	regexp.MustCompile(`(^|/)specifications/(default/)?[^/]+\.gemspec$`),
	regexp.MustCompile(`(^|/)composer/installed\.json$`),
	regexp.MustCompile(`[^/]\.deps\.json$`),
}

// database matches a database of RPM: of Berkeley DB, of RPM's own form, of SQLite. Pending matches what SQLite writes beside one before
// it writes it there; nothing in it is what all of it went there leaves.
var (
	database = lazy(`^(var/lib|usr/lib/sysimage|usr/share)/rpm/(Packages|Packages\.db|rpmdb\.sqlite)$`)
	pending  = lazy(`^(var/lib|usr/lib/sysimage|usr/share)/rpm/rpmdb\.sqlite-(wal|journal)$`)
)

// maxDatabase bounds a database of RPM, in bytes. Those of whole systems have a hundred million.
const maxDatabase = 192 << 20

// unreadable are databases of packages of kinds that nothing here reads.
var unreadable = []struct {
	re  *regexp.Regexp
	why string
}{
	{pending(), "it holds changes to a database of RPM that did not get into it"},
	{regexp.MustCompile(`^var/lib/pacman/local/[^/]+/desc$`), "it is a package of pacman, which is not read"},
	{regexp.MustCompile(`^var/db/pkg/[^/]+/[^/]+/CONTENTS$`), "it is a package of Portage, which is not read"},
	{regexp.MustCompile(`^usr/lib/opkg/status$`), "it is a database of opkg, which is not read"},
	{regexp.MustCompile(`^var/lib/chisel/manifest\.wall$`), "it is a list of what Chisel cut out of packages, which is not read"},
	{regexp.MustCompile(`(^|/)conda-meta/[^/]+\.json$`), "it is a package of conda, which is not read"},
	{regexp.MustCompile(`^nix/var/nix/db/db\.sqlite$`), "it is a database of Nix, which is not read"},
	{regexp.MustCompile(`\.(whl|egg)$`), "it is a packed library of Python, which is not looked into"},
	{regexp.MustCompile(`(^|/)\.pnp\.(cjs|js)$`), "it lists libraries that Yarn keeps packed, which are not read"},
	{regexp.MustCompile(`\.asar$`), "it is an archive of Electron, which is not looked into"},
	{regexp.MustCompile(`\.(pyz|pyzw|pex|shiv)$`), "it is a packed program of Python, which is not looked into"},
	{regexp.MustCompile(`\.phar$`), "it is an archive of PHP, which is not looked into"},
}

// wanted says what a file of that name is to be asked for: files (itself), jars, or hole (it should be read, and nothing reads it).
func wanted(name string) []string {
	for _, re := range wantedFiles {
		if re.MatchString(name) {
			return []string{"files"}
		}
	}
	for _, u := range unreadable {
		if u.re.MatchString(name) {
			return []string{"hole"}
		}
	}
	if isJar(name) {
		return []string{"jars"}
	}
	return nil
}

func isJar(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jar", ".war", ".ear", ".par", ".kar", ".jmod":
		return true
	}
	return false
}

var privateKey = lazy(`(?m)^-----BEGIN ([A-Z]+ )*PRIVATE KEY( BLOCK)?-----`)

// magic tells by its first bytes what a file is, "" if they do not.
func magic(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\x7fELF")):
		return "elf"
	case bytes.HasPrefix(head, []byte("#!")):
		return "script"
	case bytes.HasPrefix(head, []byte("MZ")) && len(head) > 64:
		return "pe"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "archive"
	case privateKey().Match(head):
		return "key"
	}
	return ""
}

// look takes out of a file what is wanted of it.
func (s *stack) look(n *inode, want, name string, size int64, r io.Reader) {
	miss := func(why string) { n.holes = append(n.holes, hole{Why: why, Of: "packages"}) }
	switch want {
	case "hole":
		if size == 0 && pending().MatchString(name) {
			return
		}
		for _, u := range unreadable {
			if u.re.MatchString(name) {
				miss(u.why)
				return
			}
		}
	case "files":
		if database().MatchString(name) {
			if size > maxDatabase {
				miss(fmt.Sprintf("it has %d bytes; at most %d are read", size, maxDatabase))
			} else if text, err := pack(r, size); err != nil {
				miss("it cannot be read")
			} else {
				s.keep(n, "rpm", text)
			}
			return
		}
		if size > s.lim.Part {
			miss(fmt.Sprintf("it has %d bytes; at most %d are read", size, s.lim.Part))
			return
		}
		data, err := io.ReadAll(io.LimitReader(r, size))
		if err != nil || int64(len(data)) != size {
			miss("it cannot be read")
			return
		}
		s.keep(n, "files", string(data))
	case "go", "jars":
		at, why := s.aside(size, r)
		if why != "" {
			if want == "go" {
				why = "whether it is a program of Go is not known: " + why
			}
			miss(why)
			return
		}
		if want == "go" {
			s.program(n, at, size, miss)
			return
		}
		a := &archive{Path: name}
		a.read(at, size, 1, &budget{bytes: 2 << 30, entries: 500_000, jars: s.jars})
		a.identify(at, size, s.jars)
		if !isJar(name) && len(a.Properties)+len(a.Archives)+len(a.Native) == 0 {
			return // documents, data
		}
		data, err := json.Marshal(a)
		if err != nil {
			miss("what is in it cannot be told")
			return
		}
		if int64(len(data)) > s.lim.Part {
			miss("it holds more archives than are told of")
			return
		}
		n.file.Kind = "archive"
		s.keep(n, "jars", string(data))
	}
}

// pack makes text of what is none, for parts go through JSON: compressed by Zstandard, in base64.
func pack(r io.Reader, size int64) (string, error) {
	var b strings.Builder
	text := base64.NewEncoder(base64.StdEncoding, &b)
	z, err := zstd.NewWriter(text, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return "", err
	}
	n, err := io.Copy(z, io.LimitReader(r, size))
	if err = errors.Join(err, z.Close(), text.Close()); err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return b.String(), err
}

// aside puts a file where it can be read from all sides: in memory if it is small, else into the spool. It returns why not.
func (s *stack) aside(size int64, r io.Reader) (io.ReaderAt, string) {
	switch {
	case size > s.lim.Spool:
		return nil, fmt.Sprintf("it has %d bytes; at most %d are looked into", size, s.lim.Spool)
	case size <= 1<<20:
		data, err := io.ReadAll(io.LimitReader(r, size))
		if err != nil || int64(len(data)) != size {
			return nil, "it cannot be read"
		}
		return bytes.NewReader(data), ""
	}
	if _, err := s.spool.f.Seek(0, io.SeekStart); err != nil {
		return nil, "it cannot be put aside: " + reason(err)
	}
	if err := s.spool.f.Truncate(0); err != nil {
		return nil, "it cannot be put aside: " + reason(err)
	}
	if k, err := io.Copy(s.spool.f, io.LimitReader(r, size)); err != nil || k != size {
		return nil, "it cannot be put aside"
	}
	return io.NewSectionReader(s.spool.f, 0, size), ""
}

// program takes out what a Go program says of how it was built.
func (s *stack) program(n *inode, at io.ReaderAt, size int64, miss func(string)) {
	defer func() {
		if recover() != nil { // a program is foreign input, to a reader that was not made for such
			miss("whether it is a program of Go is not known: it cannot be read")
		}
	}()
	info, err := buildinfo.Read(io.NewSectionReader(at, 0, size))
	if err != nil {
		if !strings.Contains(err.Error(), "not a Go executable") && goMark(at, size) {
			miss("it is a program of Go that does not say what it was built of")
		}
		return
	}
	for i := range info.Settings { // flags may hold anything
		if k := info.Settings[i].Key; !strings.HasPrefix(k, "vcs") && k != "GOOS" && k != "GOARCH" && k != "CGO_ENABLED" && k != "-buildmode" && k != "-trimpath" {
			info.Settings[i].Value = ""
		}
	}
	n.file.Kind = "go"
	s.keep(n, "go", info.String())
}

// goMark says whether a program holds the mark that build information begins with.
func goMark(at io.ReaderAt, size int64) bool {
	b := bufio.NewReaderSize(io.NewSectionReader(at, 0, min(size, 1<<20)), 1<<20)
	head, _ := b.Peek(1 << 20)
	return bytes.Contains(head, []byte("\xff Go buildinf:"))
}

// An archive is what was found in a jar, a war or the like.
type archive struct {
	Path       string            `json:"path"` // in the image, or in the archive that holds it
	Manifest   map[string]string `json:"manifest,omitempty"`
	Properties []properties      `json:"properties,omitempty"`
	Same       *properties       `json:"same,omitempty"`   // the artefact that this machine holds of the same name and content, if it does not say itself what it is
	Native     []string          `json:"native,omitempty"` // libraries of machine code in it
	Archives   []*archive        `json:"archives,omitempty"`
	Unread     []hole            `json:"unread,omitempty"`
}

// properties are those that Maven leaves of each project in what it packs.
type properties struct {
	Group    string `json:"group"`
	Artifact string `json:"artifact"`
	Version  string `json:"version"`
}

// A budget bounds what is read of one archive and all in it.
type budget struct {
	bytes   int64
	entries int
	jars    *Jars
}

const (
	maxNesting = 3
	maxInner   = 96 << 20 // bytes of a packed archive within an archive
	maxText    = 1 << 20
)

// nativeName matches names of machine code in archives, whose content is not looked into.
var nativeName = lazy(`(?i)\.(so(\.\d+)*|dylib|jnilib|node|pyd|dll)$`)

// manifestKeys are what is kept of a jar's manifest.
var manifestKeys = []string{"Automatic-Module-Name", "Bundle-Name", "Bundle-SymbolicName", "Bundle-Version", "Implementation-Title", "Implementation-Vendor-Id",
	"Implementation-Version", "Main-Class", "Specification-Title", "Specification-Version", "Start-Class"}

func (a *archive) miss(name, why string) {
	if len(a.Unread) < 100 {
		a.Unread = append(a.Unread, hole{Path: clip(valid(name)), Why: why})
	}
}

// identify finds out what an archive is that does not say so.
func (a *archive) identify(at io.ReaderAt, size int64, jars *Jars) {
	if len(a.Properties) > 0 || !isJar(a.Path) {
		return
	}
	if p, ok := jars.identify(a.Path, io.NewSectionReader(at, 0, size)); ok {
		a.Same = &p
	}
}

// read lists what is in an archive. It never fails: what it cannot read is a hole.
func (a *archive) read(at io.ReaderAt, size int64, depth int, b *budget) {
	defer func() {
		if recover() != nil {
			a.miss("", "it cannot be read")
		}
	}()
	z, err := zip.NewReader(at, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		a.miss("", "it is no archive that can be read")
		return
	}
	for _, f := range z.File {
		if b.entries--; b.entries < 0 {
			a.miss("", "it holds too many files")
			break
		}
		name := path.Clean("/" + f.Name)[1:]
		lower := strings.ToLower(name)
		switch {
		case strings.HasSuffix(f.Name, "/"):
		case lower == "meta-inf/manifest.mf":
			if text, ok := a.text(f, b); ok {
				a.Manifest = manifestOf(text)
			}
		case strings.HasPrefix(lower, "meta-inf/maven/") && path.Base(lower) == "pom.properties":
			text, ok := a.text(f, b)
			if !ok {
				continue
			}
			var p properties
			for l := range strings.Lines(text) {
				k, v, _ := strings.Cut(strings.TrimSpace(l), "=")
				switch strings.TrimSpace(k) {
				case "groupId":
					p.Group = clip(strings.TrimSpace(v))
				case "artifactId":
					p.Artifact = clip(strings.TrimSpace(v))
				case "version":
					p.Version = clip(strings.TrimSpace(v))
				}
			}
			if p.Group == "" || p.Artifact == "" {
				a.miss(name, "it does not say of which project it is")
				continue
			}
			if len(a.Properties) < 5000 {
				a.Properties = append(a.Properties, p)
			} else {
				a.miss(name, "there are too many like it")
			}
		case isJar(name):
			inner := &archive{Path: clip(valid(name))}
			if depth >= maxNesting {
				a.miss(name, fmt.Sprintf("it lies more than %d archives deep", maxNesting))
				continue
			}
			data, ok := a.bytes(f, b, maxInner)
			if !ok {
				continue
			}
			inner.read(bytes.NewReader(data), int64(len(data)), depth+1, b)
			inner.identify(bytes.NewReader(data), int64(len(data)), b.jars)
			a.Archives = append(a.Archives, inner)
		case nativeName().MatchString(name):
			if len(a.Native) < 1000 {
				a.Native = append(a.Native, clip(valid(name)))
			}
		}
	}
	slices.SortFunc(a.Properties, func(x, y properties) int {
		return strings.Compare(x.Group+":"+x.Artifact+":"+x.Version, y.Group+":"+y.Artifact+":"+y.Version)
	})
	a.Properties = slices.Compact(a.Properties)
	slices.Sort(a.Native)
	a.Native = slices.Compact(a.Native)
	slices.SortStableFunc(a.Archives, func(x, y *archive) int { return strings.Compare(x.Path, y.Path) })
	slices.SortStableFunc(a.Unread, func(x, y hole) int { return strings.Compare(x.Path+x.Why, y.Path+y.Why) })
}

// bytes reads one entry of an archive.
func (a *archive) bytes(f *zip.File, b *budget, limit int64) ([]byte, bool) {
	r, err := f.Open()
	if err != nil {
		a.miss(f.Name, "it cannot be read")
		return nil, false
	}
	defer r.Close()
	limit = min(limit, b.bytes)
	data, err := bounded(r, limit)
	b.bytes -= int64(len(data))
	switch {
	case int64(len(data)) > limit:
		a.miss(f.Name, "it is larger than is looked into")
		return nil, false
	case err != nil:
		a.miss(f.Name, "it cannot be read")
		return nil, false
	}
	return data, true
}

func (a *archive) text(f *zip.File, b *budget) (string, bool) {
	data, ok := a.bytes(f, b, maxText)
	return strings.ToValidUTF8(string(data), "?"), ok
}

// manifestOf reads the main section of a jar's manifest, whose lines go on in the next one after a blank.
func manifestOf(text string) map[string]string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n ", "")
	out := map[string]string{}
	for l := range strings.SplitSeq(text, "\n") {
		if l == "" {
			break
		}
		k, v, _ := strings.Cut(l, ":")
		if slices.Contains(manifestKeys, k) {
			out[k] = clip(strings.TrimSpace(v))
		}
	}
	return out
}
