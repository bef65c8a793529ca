package image

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"assay/fact"
)

// paragraphs reads text as Debian's control files and Python's metadata have it: fields of paragraphs, which go on in lines that begin
// with a blank. Of a field that stands there twice the values are joined by lines.
func paragraphs(text string, header bool) (out []map[string]string) {
	var now map[string]string
	last := ""
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\r\n")
		switch {
		case strings.TrimSpace(l) == "":
			if header && now != nil {
				return append(out, now)
			}
			if now != nil {
				out = append(out, now)
			}
			now, last = nil, ""
		case l[0] == ' ' || l[0] == '\t':
			if last != "" {
				now[last] += "\n" + strings.TrimSpace(l)
			}
		default:
			k, v, ok := strings.Cut(l, ":")
			if !ok {
				continue
			}
			if now == nil {
				now = map[string]string{}
			}
			last = strings.ToLower(strings.TrimSpace(k))
			if was, twice := now[last]; twice {
				v = was + "\n" + strings.TrimSpace(v)
			}
			now[last] = strings.TrimSpace(v)
		}
	}
	if now != nil {
		out = append(out, now)
	}
	return out
}

var (
	relation   = regexp.MustCompile(`^\s*([a-zA-Z0-9][a-zA-Z0-9+._-]*)`)
	sourceName = regexp.MustCompile(`^(\S+)(?:\s+\((.+)\))?$`)
)

// names returns the packages that a list of relations names, the first of each list of alternatives.
func names(list string) (out []string) {
	for x := range strings.SplitSeq(strings.ReplaceAll(list, "\n", " "), ",") {
		if m := relation.FindStringSubmatch(x); m != nil {
			out = append(out, m[1])
		}
	}
	return out
}

// debian reads dpkg's database, and that of images which keep one file for each package and no tool.
func (r *reader) debian() {
	for _, name := range r.parts["files"] {
		if name != "var/lib/dpkg/status" && !strings.HasPrefix(name, "var/lib/dpkg/status.d/") {
			if strings.HasPrefix(name, "var/lib/dpkg/info/") {
				text, _ := r.text(name)
				for l := range strings.Lines(text) {
					r.own(r.system, strings.TrimSpace(l), name)
				}
				r.own(r.system, name, name)
			}
			continue
		}
		text, _ := r.text(name)
		if strings.HasSuffix(name, ".md5sums") {
			for l := range strings.Lines(text) {
				if _, p, ok := strings.Cut(strings.TrimSpace(l), " "); ok {
					r.own(r.system, strings.TrimSpace(p), name)
				}
			}
			continue
		}
		n := 0
		for _, f := range paragraphs(text, false) {
			if f["package"] == "" {
				continue
			}
			n++
			if s := strings.Fields(f["status"]); len(s) == 3 && (s[2] == "not-installed" || s[2] == "config-files") {
				continue
			} else if f["version"] == "" {
				r.p.Gap(fact.Installed{}, 0, "unparsed", "%s: the package %s has no version", name, clip(f["package"]))
				continue
			}
			x := fact.Installed{Ecosystem: "debian", Name: f["package"], Version: f["version"], Source: f["package"], SourceVersion: f["version"], Path: name,
				Requires: append(names(f["depends"]), names(f["pre-depends"])...)}
			if m := sourceName.FindStringSubmatch(f["source"]); m != nil {
				x.Source = m[1]
				if m[2] != "" {
					x.SourceVersion = m[2]
				}
			}
			for _, list := range []string{f["package"], f["package"] + ":" + f["architecture"]} {
				if l := r.layer("var/lib/dpkg/info/" + list + ".list"); l > 0 {
					x.Layer = l
				}
			}
			if x.Layer == 0 && strings.Contains(name, "status.d/") {
				x.Layer = r.layer(name)
			}
			r.add(x, "files/"+name)
		}
		if n == 0 && strings.TrimSpace(text) != "" {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s is not empty, and no package could be read from it", name)
		}
	}
}

// alpine reads apk's database.
func (r *reader) alpine() {
	for _, name := range r.parts["files"] {
		if !strings.HasSuffix(name, "lib/apk/db/installed") {
			continue
		}
		text, _ := r.text(name)
		n := 0
		var x fact.Installed
		dir := ""
		done := func() {
			if x.Name != "" && x.Version == "" {
				r.p.Gap(fact.Installed{}, 0, "unparsed", "%s: the package %s has no version", name, clip(x.Name))
			} else if x.Name != "" {
				n++
				if x.Source == "" {
					x.Source = x.Name
				}
				x.SourceVersion = x.Version
				r.add(x, "files/"+name)
			}
			x, dir = fact.Installed{Ecosystem: "alpine", Path: name}, ""
		}
		done()
		for l := range strings.Lines(text) {
			l = strings.TrimRight(l, "\r\n")
			if l == "" {
				done()
				continue
			}
			k, v, _ := strings.Cut(l, ":")
			switch k {
			case "P":
				x.Name = v
			case "V":
				x.Version = v
			case "o":
				x.Source = v
			case "L":
				x.License = v
			case "D":
				for d := range strings.FieldsSeq(v) {
					if m := relation.FindStringSubmatch(d); m != nil && !strings.Contains(d, ":") { // so: and cmd: name files, not packages
						x.Requires = append(x.Requires, m[1])
					}
				}
			case "F":
				dir = v
			case "R":
				p := path.Join(dir, v)
				r.own(r.system, p, name)
				if l := r.layer(r.canonical(p)); l > 0 && x.Layer == 0 {
					x.Layer = l
				}
			}
		}
		done()
		if n == 0 && strings.TrimSpace(text) != "" {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s is not empty, and no package could be read from it", name)
		}
	}
}

var (
	dashes   = regexp.MustCompile(`[-_.]+`)
	required = regexp.MustCompile(`^\s*([A-Za-z0-9][A-Za-z0-9._-]*)`)
)

func pypi(name string) string { return strings.ToLower(dashes.ReplaceAllString(name, "-")) }

// python reads what installers leave beside each library.
func (r *reader) python() {
	for _, name := range r.parts["files"] {
		dir, base := path.Split(name)
		dir = strings.TrimSuffix(dir, "/")
		text, _ := r.text(name)
		if r.isSystem(name) {
			continue
		}
		switch {
		case strings.HasSuffix(dir, ".dist-info") && base == "RECORD":
			r.record(path.Dir(dir), text, name, dir)
			if _, ok := r.text(dir + "/METADATA"); !ok {
				r.p.Gap(fact.Installed{}, 0, "unparsed", "%s holds no METADATA that says which library it is", dir)
			}
			continue
		case strings.HasSuffix(dir, ".egg-info") && base == "installed-files.txt":
			for l := range strings.Lines(text) {
				r.own(r.owned, path.Join(dir, strings.TrimSpace(l)), name)
				r.brings(dir, path.Join(dir, strings.TrimSpace(l)))
			}
			continue
		case strings.HasSuffix(dir, ".dist-info") && base == "METADATA", strings.HasSuffix(base, ".egg-info"), base == "PKG-INFO":
		default:
			continue
		}
		fs := paragraphs(text, true)
		if len(fs) == 0 || fs[0]["name"] == "" || fs[0]["version"] == "" {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s does not say which library it is of, or of which version", name)
			continue
		}
		f := fs[0]
		x := fact.Installed{Ecosystem: "pypi", Name: pypi(f["name"]), Version: f["version"], License: licence(f["license-expression"], f["license"]), Path: dir, Layer: r.layer(name)}
		if base != "METADATA" && base != "PKG-INFO" {
			x.Path = name
		}
		for l := range strings.Lines(f["requires-dist"]) {
			if _, marker, _ := strings.Cut(l, ";"); strings.Contains(marker, "extra") {
				continue
			}
			if m := required.FindStringSubmatch(l); m != nil {
				x.Requires = append(x.Requires, pypi(m[1]))
			}
		}
		r.add(x, "files/"+name)
	}
}

// licence takes the first of several words that is one line: some put the whole text there.
func licence(words ...string) string {
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" && len(w) < 120 && !strings.Contains(w, "\n") {
			return w
		}
	}
	return ""
}

// record notes the files of a library of Python, from its list. Key is what the library is found by.
func (r *reader) record(site, text, by, key string) {
	c := csv.NewReader(strings.NewReader(text))
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	for {
		row, err := c.Read()
		if err != nil {
			return
		}
		p := row[0]
		if !strings.HasPrefix(p, "/") {
			p = path.Join("/"+site, p)
		}
		r.own(r.owned, p, by)
		r.brings(key, p)
	}
}

// node reads the package.json of what lies in directories of node_modules.
func (r *reader) node() {
	for _, name := range r.parts["files"] {
		dir, base := path.Split(name)
		dir = strings.TrimSuffix(dir, "/")
		if base != "package.json" || r.isSystem(name) {
			continue
		}
		text, _ := r.text(name)
		var x struct {
			Name, Version string
			License       json.RawMessage
			Dependencies  map[string]json.RawMessage
		}
		if json.Unmarshal([]byte(text), &x) != nil {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s cannot be read", name)
			continue
		}
		r.within[dir], r.home[dir] = true, dir
		if x.Name == "" || x.Version == "" {
			if x.Name == "" && x.Version == "" && len(x.Dependencies) == 0 {
				continue // a directory within a library, which says only how its files are written
			}
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s does not say which library it is of, or of which version", name)
			continue
		}
		in := fact.Installed{Ecosystem: "npm", Name: x.Name, Version: x.Version, Path: dir, Layer: r.layer(name)}
		var l string
		if json.Unmarshal(x.License, &l) == nil {
			in.License = licence(l)
		}
		for d := range x.Dependencies {
			in.Requires = append(in.Requires, clip(d))
		}
		r.add(in, "files/"+name)
	}
}

var (
	gemStub = regexp.MustCompile(`(?m)^# stub: (\S+) (\S+)`)
	gemName = regexp.MustCompile(`(?m)^\s*\w+\.name\s*=\s*["']([^"']+)["']`)
	gemVer  = regexp.MustCompile(`(?m)^\s*\w+\.version\s*=\s*(?:Gem::Version\.new\()?["']([^"']+)["']`)
	gemDep  = regexp.MustCompile(`(?m)add_(?:runtime_)?dependency\(\s*%q<([^>]+)>`)
)

// gems reads the specifications of installed gems.
func (r *reader) gems() {
	for _, name := range r.parts["files"] {
		if !strings.HasSuffix(name, ".gemspec") || r.isSystem(name) {
			continue
		}
		text, _ := r.text(name)
		x := fact.Installed{Ecosystem: "gem", Path: name, Layer: r.layer(name)}
		if m := gemStub.FindStringSubmatch(text); m != nil {
			x.Name, x.Version = m[1], m[2]
		} else if n, v := gemName.FindStringSubmatch(text), gemVer.FindStringSubmatch(text); n != nil && v != nil {
			x.Name, x.Version = n[1], v[1]
		} else {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s does not say which gem it is of, or of which version", name)
			continue
		}
		for _, m := range gemDep.FindAllStringSubmatch(text, 500) {
			x.Requires = append(x.Requires, m[1])
		}
		r.own(r.owned, name, name)
		home := strings.TrimSuffix(path.Dir(name), "/default")
		dir := path.Join(path.Dir(home), "gems", strings.TrimSuffix(path.Base(name), ".gemspec"))
		r.within[dir], r.home[dir] = true, packageKey(x)
		r.add(x, "files/"+name)
	}
}

// composer reads what Composer notes of what it installed.
func (r *reader) composer() {
	for _, name := range r.parts["files"] {
		if path.Base(name) != "installed.json" || r.isSystem(name) {
			continue
		}
		text, _ := r.text(name)
		type pkg struct {
			Name, Version string
			License       []string
			Require       map[string]string
			Install       string `json:"install-path"`
		}
		var x struct{ Packages []pkg }
		if json.Unmarshal([]byte(text), &x) != nil && json.Unmarshal([]byte(text), &x.Packages) != nil {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s cannot be read", name)
			continue
		}
		for _, k := range x.Packages {
			in := fact.Installed{Ecosystem: "composer", Name: strings.ToLower(k.Name), Version: k.Version, License: licence(strings.Join(k.License, " OR ")), Path: name, Layer: r.layer(name)}
			for d := range k.Require {
				if strings.Contains(d, "/") {
					in.Requires = append(in.Requires, strings.ToLower(clip(d)))
				}
			}
			if dir := path.Join(path.Dir(name), k.Install); k.Install != "" && strings.Count(dir, "/") > 1 {
				r.within[dir], r.home[dir] = true, packageKey(in)
			} else if k.Name != "" {
				dir := path.Join(path.Dir(path.Dir(name)), path.Clean("/" + k.Name)[1:])
				r.within[dir], r.home[dir] = true, packageKey(in)
			}
			r.add(in, "files/"+name)
		}
		r.within[path.Dir(name)] = true
	}
}

// dotnet reads what .NET programs say of what they are made of.
func (r *reader) dotnet() {
	for _, name := range r.parts["files"] {
		if !strings.HasSuffix(name, ".deps.json") || r.isSystem(name) {
			continue
		}
		text, _ := r.text(name)
		var x struct {
			Libraries map[string]struct{ Type string }
			Targets   map[string]map[string]struct {
				Dependencies               map[string]string
				Runtime, Native, Resources map[string]json.RawMessage
			}
		}
		if json.Unmarshal([]byte(text), &x) != nil {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s cannot be read", name)
			continue
		}
		dir := path.Dir(name)
		for _, k := range slices.Sorted(maps.Keys(x.Libraries)) {
			l := x.Libraries[k]
			id, version, _ := strings.Cut(k, "/")
			if l.Type != "package" && l.Type != "runtimepack" {
				for _, t := range x.Targets { // what was built of the source itself
					for f := range t[k].Runtime {
						r.built[r.canonical(path.Join(dir, path.Base(f)))] = true
					}
				}
				continue
			}
			in := fact.Installed{Ecosystem: "nuget", Name: strings.TrimPrefix(id, "runtimepack."), Version: version, Path: name, Layer: r.layer(name)}
			for _, t := range x.Targets {
				for d := range t[k].Dependencies {
					in.Requires = append(in.Requires, clip(d))
				}
				for f := range t[k].Native {
					r.brings(packageKey(in), path.Join(dir, path.Base(f)))
					r.brings(packageKey(in), path.Join(dir, path.Clean("/"+f)))
				}
				for _, files := range []map[string]json.RawMessage{t[k].Runtime, t[k].Native, t[k].Resources} {
					for f := range files {
						r.own(r.owned, path.Join(dir, path.Base(f)), name)
						r.own(r.owned, path.Join(dir, path.Clean("/"+f)), name)
					}
				}
			}
			r.add(in, "files/"+name)
		}
		r.own(r.owned, name, name)
	}
}

// An archive is what acquisition found in one.
type archive struct {
	Path       string
	Manifest   map[string]string
	Properties []struct{ Group, Artifact, Version string }
	Same       *struct{ Group, Artifact, Version string } // what the machine that read the image knows to have this content
	Native     []string
	Archives   []*archive
	Unread     []hole
}

var jarName = regexp.MustCompile(`^(.+?)-([0-9][0-9A-Za-z.+_]*(?:-(?:[0-9A-Z][0-9A-Za-z.]*|jre|android|alpha|beta|rc|m)[0-9A-Za-z.-]*)?)\.(?:jar|war|ear)$`)

// archives says which libraries of Java are in jars and wars, and in what these hold.
func (r *reader) archives() {
	for _, name := range r.parts["jars"] {
		if r.isOwned(name) {
			continue
		}
		var a archive
		if json.Unmarshal([]byte(r.p.Parts["jars/"+name]), &a) != nil {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s: what was found in it cannot be read", name)
			continue
		}
		if strings.HasSuffix(name, ".jmod") {
			continue // a module of the platform's own
		}
		r.jar(&a, name, name, r.layer(name), 0)
	}
}

func (r *reader) jar(a *archive, name, at string, layer, depth int) {
	for _, h := range a.Unread {
		r.p.Gap(fact.Installed{}, 0, "unread", "%s", clip(strings.Trim(at+"!"+h.Path, "!")+": "+h.Why))
	}
	part := "jars/" + name
	for _, f := range a.Native {
		r.packed[at] = append(r.packed[at], at+"!"+f)
	}
	for _, x := range a.Properties {
		r.add(fact.Installed{Ecosystem: "maven", Name: x.Group + ":" + x.Artifact, Version: x.Version, Path: at, Layer: layer}, part)
	}
	for _, x := range a.Archives {
		if depth < 8 {
			r.jar(x, name, at+"!"+x.Path, layer, depth+1)
		}
	}
	if len(a.Properties) > 0 {
		return
	}
	m := jarName.FindStringSubmatch(path.Base(a.Path))
	artifact, version := "", ""
	switch {
	case m != nil:
		artifact, version = m[1], m[2]
	case a.Manifest["Implementation-Version"] != "" && a.Manifest["Implementation-Title"] != "" && !strings.Contains(a.Manifest["Implementation-Title"], " "):
		artifact, version = a.Manifest["Implementation-Title"], a.Manifest["Implementation-Version"]
	}
	if x := a.Same; x != nil {
		r.add(fact.Installed{Ecosystem: "maven", Name: x.Group + ":" + x.Artifact, Version: x.Version, Path: at, Layer: layer}, part)
		return
	}
	program := depth == 0 && (len(a.Archives) > 0 || a.Manifest["Main-Class"] != "" || a.Manifest["Start-Class"] != "")
	switch {
	case program: // it is what is run, and shows as a file
	case artifact != "":
		if group := a.Manifest["Implementation-Vendor-Id"]; group != "" && !strings.ContainsAny(group, " :") {
			artifact = group + ":" + artifact
		}
		r.add(fact.Installed{Ecosystem: "maven", Name: artifact, Version: version, Path: at, Layer: layer}, part)
	case len(a.Archives) == 0:
		r.p.Gap(fact.Installed{}, 0, "unresolved", "%s does not say which library it is", at)
	}
}

// programs says what Go programs are made of.
func (r *reader) programs() {
	for _, name := range r.parts["go"] {
		if r.isOwned(name) {
			continue
		}
		info, err := debug.ParseBuildInfo(r.p.Parts["go/"+name])
		if err != nil {
			r.p.Gap(fact.Installed{}, 0, "unparsed", "%s does not say clearly what it was built of", name)
			continue
		}
		part, layer := "go/"+name, r.layer(name)
		if v, ok := strings.CutPrefix(goVersion(r.p.Parts[part]), "go"); ok {
			v, _, _ = strings.Cut(v, " ")
			r.add(fact.Installed{Ecosystem: "go", Name: "stdlib", Version: "v" + v, Path: name, Layer: layer}, part)
		}
		for _, d := range info.Deps {
			x := fact.Installed{Ecosystem: "go", Name: d.Path, Version: d.Version, Path: name, Layer: layer}
			if d.Replace != nil {
				x.Version = d.Replace.Version
			}
			if x.Version == "(devel)" {
				continue // a module of the program's own workspace
			}
			r.add(x, part)
		}
	}
}

// goVersion returns the release of Go that a program was built by, which ParseBuildInfo passes over.
func goVersion(text string) string {
	for l := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(l), "go\t"); ok {
			return v
		}
	}
	return ""
}

// module returns the main module of a Go program.
func (r *reader) module(name string) string {
	info, err := debug.ParseBuildInfo(r.p.Parts["go/"+name])
	if err != nil {
		return ""
	}
	if info.Main.Path == "" {
		return clip(info.Path)
	}
	return clip(info.Main.Path)
}
