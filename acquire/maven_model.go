package acquire

import (
	"encoding/xml"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Bounds of one model.
const (
	maxParents     = 20
	maxImports     = 200
	maxImportDepth = 20
	maxInterpolate = 4096       // bytes that a value may grow to
	maxExpressions = 200        // references that one value may lead to
	maxManaged     = 50_000     // entries of one model
	maxWeight      = 10_000_000 // entries of all models
)

// What a build is taken to run on. Which profiles are active may depend on it, and nobody knows what it will be.
const (
	assumedJava = "17.0.15"
	assumedOS   = "linux"
	assumedKind = "unix"
	assumedArch = "amd64"
)

func sameBytes(_ string, in io.Reader) (io.Reader, error) { return in, nil }

// text is character data without the white space around it.
type text string

func (t *text) UnmarshalText(b []byte) error {
	*t = text(strings.TrimSpace(string(b)))
	return nil
}

type pomExclusion struct {
	Group    text `xml:"groupId"`
	Artifact text `xml:"artifactId"`
}

// A pomDep is a dependency as a POM writes it.
type pomDep struct {
	Group      text           `xml:"groupId"`
	Artifact   text           `xml:"artifactId"`
	Version    text           `xml:"version"`
	Type       text           `xml:"type"`
	Classifier text           `xml:"classifier"`
	Scope      text           `xml:"scope"`
	SystemPath text           `xml:"systemPath"`
	Optional   text           `xml:"optional"`
	Exclusions []pomExclusion `xml:"exclusions>exclusion"`
	key        string
}

// manages is what a declaration and the management of it have in common.
func (d *pomDep) manages() string {
	if d.key == "" {
		t := d.Type
		if t == "" {
			t = "jar"
		}
		d.key = string(d.Group + ":" + d.Artifact + ":" + t)
		if d.Classifier != "" {
			d.key += ":" + string(d.Classifier)
		}
	}
	return d.key
}

type pomProperty struct{ name, value string }

type pomProperties []pomProperty

func (p *pomProperties) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			var v text
			if err := d.DecodeElement(&v, &t); err != nil {
				return err
			}
			*p = append(*p, pomProperty{t.Name.Local, string(v)})
		case xml.EndElement:
			return nil
		}
	}
}

// pomBase is what a project and a profile have in common.
type pomBase struct {
	Properties pomProperties `xml:"properties"`
	Managed    []*pomDep     `xml:"dependencyManagement>dependencies>dependency"`
	Deps       []*pomDep     `xml:"dependencies>dependency"`
	Modules    []text        `xml:"modules>module"`
}

type pomProfile struct {
	pomBase
	Activation struct {
		Default text  `xml:"activeByDefault"`
		JDK     *text `xml:"jdk"`
		OS      *struct {
			Name    text `xml:"name"`
			Family  text `xml:"family"`
			Arch    text `xml:"arch"`
			Version text `xml:"version"`
		} `xml:"os"`
		Property *struct {
			Name  text `xml:"name"`
			Value text `xml:"value"`
		} `xml:"property"`
		File *struct {
			Exists  text `xml:"exists"`
			Missing text `xml:"missing"`
		} `xml:"file"`
	} `xml:"activation"`
}

type pomParent struct {
	Group        text  `xml:"groupId"`
	Artifact     text  `xml:"artifactId"`
	Version      text  `xml:"version"`
	RelativePath *text `xml:"relativePath"`
}

// A pomFile is a POM as it is written. Nobody changes one once it is read.
type pomFile struct {
	pomBase
	XMLName   xml.Name     `xml:"project"`
	Parent    *pomParent   `xml:"parent"`
	Group     text         `xml:"groupId"`
	Artifact  text         `xml:"artifactId"`
	Version   text         `xml:"version"`
	Packaging text         `xml:"packaging"`
	Profiles  []pomProfile `xml:"profiles>profile"`
	Licenses  []struct {
		Name text `xml:"name"`
	} `xml:"licenses>license"`
	Relocation *struct {
		Group    text `xml:"groupId"`
		Artifact text `xml:"artifactId"`
		Version  text `xml:"version"`
	} `xml:"distributionManagement>relocation"`
}

// group returns the group a POM gives itself or takes from its parent, as written; so does version.
func (p *pomFile) group() string {
	if p.Group == "" && p.Parent != nil {
		return string(p.Parent.Group)
	}
	return string(p.Group)
}

func (p *pomFile) version() string {
	if p.Version == "" && p.Parent != nil {
		return string(p.Parent.Version)
	}
	return string(p.Version)
}

// A pomSource is a POM with the place it was found at: a unit of the tree, or the repository.
type pomSource struct {
	*pomFile
	unit    string // "" if it lies in the repository
	id      string // of the place
	reactor int    // which modules are built together with it; 0 in the repository
}

// A pomModel is what Maven calls the effective model: with what is inherited, imported, managed and interpolated.
type pomModel struct {
	group, artifact, version, packaging string
	deps, managed                       []*pomDep
	relocation                          *[3]string
	missing                             []string // POMs it draws on that are not there
	broken                              bool     // it goes round in a circle, or beyond a bound
	invalid                             bool     // Maven goes on without what it declares
}

// sure says that all a model draws on was there.
func (m *pomModel) sure() bool { return len(m.missing) == 0 && !m.broken }

// A layer is one POM of a lineage, with its active profiles in it.
type layer struct {
	src           *pomSource
	props         map[string]string
	deps, managed []*pomDep
}

// model returns the effective model of a POM.
func (w *mavenWorld) model(src *pomSource, depth int) *pomModel {
	if m, ok := w.models[src.id]; ok {
		if m == nil { // it is being made: it imports itself
			return &pomModel{broken: true}
		}
		return m
	}
	w.models[src.id] = nil
	m := w.makeModel(src, depth)
	w.models[src.id] = m
	return m
}

func (w *mavenWorld) makeModel(src *pomSource, depth int) *pomModel {
	m := &pomModel{}
	lineage := []layer{w.layerOf(src)}
	seen := map[string]bool{src.id: true}
	for cur := src; cur.Parent != nil; {
		if len(lineage) > maxParents || w.ctx.Err() != nil {
			m.broken = true
			break
		}
		p := w.parent(cur)
		if p == nil {
			m.missing = append(m.missing, label(string(cur.Parent.Group), string(cur.Parent.Artifact), string(cur.Parent.Version)))
			break
		}
		if seen[p.id] {
			m.broken = true
			break
		}
		seen[p.id] = true
		lineage = append(lineage, w.layerOf(p))
		cur = p
	}

	props := map[string]string{}
	var deps, managed merged
	for _, l := range lineage { // the nearest wins, and comes first
		for k, v := range l.props {
			if _, ok := props[k]; !ok {
				props[k] = v
			}
		}
		deps.add(l.deps, false)
		managed.add(l.managed, false)
	}

	if w.weight += len(deps.list) + len(managed.list); w.weight > maxWeight || len(deps.list)+len(managed.list) > maxManaged {
		m.broken = true
		deps.list, managed.list = nil, nil
	}

	in := &interpolator{src: src, props: props}
	m.group, m.artifact, m.version = in.string(src.group()), in.string(string(src.Artifact)), in.string(src.version())
	m.packaging = in.string(string(src.Packaging))
	if m.packaging == "" {
		m.packaging = "jar"
	}
	if r := src.Relocation; r != nil {
		m.relocation = &[3]string{in.string(string(r.Group)), in.string(string(r.Artifact)), in.string(string(r.Version))}
	}
	m.deps, m.managed = in.deps(deps.list), in.deps(managed.list)
	w.imports(m, src, depth)

	byKey := map[string]*pomDep{}
	for _, d := range m.managed {
		byKey[d.manages()] = d
	}
	for i, d := range m.deps {
		c := *d
		if x := byKey[d.manages()]; x != nil {
			if c.Version == "" {
				c.Version = x.Version
			}
			if c.Scope == "" {
				c.Scope = x.Scope
			}
			if c.SystemPath == "" {
				c.SystemPath = x.SystemPath
			}
			if len(c.Exclusions) == 0 {
				c.Exclusions = x.Exclusions
			}
		}
		if c.Scope == "" {
			c.Scope = "compile"
		}
		m.deps[i] = &c
		m.invalid = m.invalid || c.Version == "" || c.Group == "" || c.Artifact == "" || c.misplaced()
	}
	return m
}

// misplaced says that a dependency is of the scope system and names no absolute path, or the reverse, which Maven refuses.
func (d *pomDep) misplaced() bool {
	return (d.Scope == "system") != strings.HasPrefix(string(d.SystemPath), "/")
}

// imports puts what the management of m imports in its place. Whatever comes after a list that is missing may have been
// overridden by it, so that it is left out: no version is better than a wrong one.
func (w *mavenWorld) imports(m *pomModel, src *pomSource, depth int) {
	var lists []*pomDep
	var own merged
	for _, d := range m.managed {
		if d.Scope == "import" && d.Type == "pom" {
			lists = append(lists, d)
		} else {
			own.add([]*pomDep{d}, true)
		}
	}
	m.managed = own.list
	if len(lists) == 0 {
		return
	}
	if len(lists) > maxImports || depth > maxImportDepth {
		m.broken = true
		return
	}
	for _, d := range lists {
		if len(w.named[string(d.Group+":"+d.Artifact+":"+d.Version)]) == 0 {
			w.repo.ahead(string(d.Group), string(d.Artifact), string(d.Version))
		}
	}
	for _, d := range lists {
		if !m.sure() {
			break
		}
		at := w.find(src.reactor, string(d.Group), string(d.Artifact), string(d.Version))
		if at == nil {
			m.missing = append(m.missing, label(string(d.Group), string(d.Artifact), string(d.Version)))
			break
		}
		x := w.model(at, depth+1)
		m.missing = append(m.missing, x.missing...)
		m.broken = m.broken || x.broken
		if x.sure() {
			own.add(x.managed, false)
		}
		if len(own.list) > maxManaged {
			m.broken = true
			break
		}
	}
	m.managed = own.list
}

// merged is a list of dependencies without two that manage the same.
type merged struct {
	list []*pomDep
	at   map[string]int
}

func (m *merged) add(deps []*pomDep, dominant bool) {
	if m.at == nil {
		m.at = make(map[string]int, len(deps))
	}
	for _, d := range deps {
		if i, ok := m.at[d.manages()]; !ok {
			m.at[d.manages()] = len(m.list)
			m.list = append(m.list, d)
		} else if dominant {
			m.list[i] = d
		}
	}
}

// parent returns the POM that src inherits from: the file its relative path names, if that is the right one, else what is built
// together with it, else what the repository has.
func (w *mavenWorld) parent(src *pomSource) *pomSource {
	p := src.Parent
	group, artifact, version := string(p.Group), string(p.Artifact), string(p.Version)
	r, ok := parseRange(version)
	if !ok {
		return nil
	}
	if src.unit != "" {
		rel := "../pom.xml"
		if p.RelativePath != nil {
			rel = string(*p.RelativePath)
		}
		if c := w.beside(src.unit, rel); c != nil && c.group() == group && string(c.Artifact) == artifact {
			if v := c.version(); v == version || r != nil && r.contains(v) {
				return c
			}
		}
	}
	if r != nil {
		vs := w.repo.match(group, artifact, r)
		if len(vs) == 0 {
			return nil
		}
		version = vs[len(vs)-1]
	}
	return w.find(src.reactor, group, artifact, version)
}

// layer puts the active profiles of a POM into it.
//
// Which are active is decided for a build without options: those whose conditions hold on Linux, amd64, Java 17, with no
// property set and with the files of the tree, or else those that are active by default. Profiles of the user's settings and
// options in .mvn/maven.config are not looked at.
func (w *mavenWorld) layer(src *pomSource) layer {
	l := layer{src: src, props: make(map[string]string, len(src.Properties))}
	var deps, managed merged
	add := func(b *pomBase) {
		for _, p := range b.Properties {
			l.props[p.name] = p.value
		}
		deps.add(b.Deps, true)
		managed.add(b.Managed, true)
	}
	add(&src.pomBase)
	var active, byDefault []*pomProfile
	for i := range src.Profiles {
		p := &src.Profiles[i]
		if w.active(p, src) {
			active = append(active, p)
		} else if p.Activation.Default == "true" {
			byDefault = append(byDefault, p)
		}
	}
	if len(active) == 0 {
		active = byDefault
	}
	for _, p := range active {
		add(&p.pomBase)
	}
	l.deps, l.managed = deps.list, managed.list
	return l
}

func (w *mavenWorld) active(p *pomProfile, src *pomSource) bool {
	a := &p.Activation
	any := false
	if a.JDK != nil {
		any = true
		if !jdkMatches(string(*a.JDK)) {
			return false
		}
	}
	if a.OS != nil {
		any = true
		for _, x := range [][2]string{{string(a.OS.Name), assumedOS}, {string(a.OS.Family), assumedKind}, {string(a.OS.Arch), assumedArch}} {
			want, not := strings.CutPrefix(x[0], "!")
			if want != "" && strings.EqualFold(want, x[1]) == not {
				return false
			}
		}
		if a.OS.Version != "" && !strings.HasPrefix(string(a.OS.Version), "!") {
			return false
		}
	}
	if a.Property != nil {
		any = true
		if v := string(a.Property.Value); v != "" && !strings.HasPrefix(v, "!") || v == "" && !strings.HasPrefix(string(a.Property.Name), "!") {
			return false
		}
	}
	if a.File != nil {
		any = true
		exists, missing := string(a.File.Exists), string(a.File.Missing)
		if exists != "" && !w.exists(src.unit, exists) || exists == "" && missing != "" && (src.unit == "" || w.exists(src.unit, missing)) {
			return false
		}
	}
	return any
}

var notVersion = lazy(`[^\d._-]`)

// jdkMatches says whether the assumed Java is what a profile asks for: a prefix, or a range by the first three numbers.
func jdkMatches(want string) bool {
	if want == "" {
		return false
	}
	if rest, ok := strings.CutPrefix(want, "!"); ok {
		return !strings.HasPrefix(assumedJava, rest)
	}
	if !strings.HasPrefix(want, "[") && !strings.HasPrefix(want, "(") {
		return strings.HasPrefix(assumedJava, want)
	}
	low, high, two := strings.Cut(want, ",")
	if !two {
		high = "99999999)"
	}
	order := func(bound string, left bool) int {
		closed := strings.ContainsAny(bound, "[]")
		bound = strings.Trim(bound, "[]() ")
		if bound == "" {
			if left {
				return 1
			}
			return -1
		}
		numbers := func(s string) (out [3]int) {
			for i, f := range strings.FieldsFunc(notVersion().ReplaceAllString(s, ""), func(r rune) bool { return strings.ContainsRune("._-", r) }) {
				if i < 3 {
					out[i], _ = strconv.Atoi(f)
				}
			}
			return out
		}
		have, bnd := numbers(assumedJava), numbers(bound)
		if c := slices.Compare(have[:], bnd[:]); c != 0 || closed {
			return c
		}
		if left {
			return -1
		}
		return 1
	}
	switch c := order(low, true); {
	case c == 0:
		return true
	case c < 0:
		return false
	}
	return order(high, false) <= 0
}

// An interpolator replaces ${…} by what a project says of itself, its properties, and what little is assumed of the machine.
type interpolator struct {
	src   *pomSource
	props map[string]string
}

var assumed = map[string]string{
	"java.version": assumedJava, "java.specification.version": "17", "java.home": "/java", "file.separator": "/", "path.separator": ":",
	"os.name": "Linux", "os.arch": assumedArch, "user.home": "/home",
}

func (in *interpolator) string(s string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	budget := maxExpressions
	out, ok := in.expand(s, nil, &budget)
	if !ok {
		return s
	}
	return strings.TrimSpace(out)
}

// expand returns s with its references replaced; those that lead nowhere stay. It fails on a circle and beyond the bounds.
func (in *interpolator) expand(s string, within []string, budget *int) (string, bool) {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			break
		}
		j := strings.Index(s[i:], "}")
		if j < 0 {
			break
		}
		b.WriteString(s[:i])
		ref, key := s[i:i+j+1], s[i+2:i+j]
		s = s[i+j+1:]
		if *budget--; *budget < 0 || slices.Contains(within, key) {
			return "", false
		}
		v, ok := in.lookup(key)
		if !ok {
			b.WriteString(ref)
			continue
		}
		if v, ok = in.expand(v, append(within, key), budget); !ok {
			return "", false
		}
		b.WriteString(v)
		if b.Len() > maxInterpolate {
			return "", false
		}
	}
	b.WriteString(s)
	return b.String(), b.Len() <= maxInterpolate
}

func (in *interpolator) lookup(key string) (string, bool) {
	key = strings.TrimSpace(key)
	rest, prefixed := strings.CutPrefix(key, "project.")
	if !prefixed {
		rest, prefixed = strings.CutPrefix(key, "pom.")
	}
	if rest == "basedir" && in.src.unit != "" {
		return "/" + path.Dir(in.src.unit), true
	}
	if prefixed {
		if v, ok := in.own(rest); ok {
			return v, true
		}
	}
	if v, ok := in.props[key]; ok {
		return v, true
	}
	if v, ok := assumed[key]; ok {
		return v, true
	}
	if prefixed {
		return "", false
	}
	return in.own(key)
}

// own returns what a project says of itself under that name.
func (in *interpolator) own(key string) (v string, ok bool) {
	switch key {
	case "groupId":
		v = in.src.group()
	case "artifactId":
		v = string(in.src.Artifact)
	case "version":
		v = in.src.version()
	case "packaging":
		if v = string(in.src.Packaging); v == "" {
			v = "jar"
		}
	}
	if p := in.src.Parent; p != nil {
		switch key {
		case "parent.groupId":
			v = string(p.Group)
		case "parent.artifactId":
			v = string(p.Artifact)
		case "parent.version":
			v = string(p.Version)
		}
	}
	return v, v != ""
}

// deps interpolates a list, whose elements are shared where there is nothing to replace.
func (in *interpolator) deps(list []*pomDep) []*pomDep {
	out := make([]*pomDep, len(list))
	for i, d := range list {
		if !d.refers() {
			out[i] = d
			continue
		}
		c := *d
		c.key = ""
		for _, f := range []*text{&c.Group, &c.Artifact, &c.Version, &c.Type, &c.Classifier, &c.Scope, &c.SystemPath, &c.Optional} {
			*f = text(in.string(string(*f)))
		}
		c.Exclusions = slices.Clone(c.Exclusions)
		for j := range c.Exclusions {
			x := &c.Exclusions[j]
			x.Group, x.Artifact = text(in.string(string(x.Group))), text(in.string(string(x.Artifact)))
		}
		out[i] = &c
	}
	return out
}

func (d *pomDep) refers() bool {
	for _, f := range []text{d.Group, d.Artifact, d.Version, d.Type, d.Classifier, d.Scope, d.SystemPath, d.Optional} {
		if strings.Contains(string(f), "${") {
			return true
		}
	}
	return slices.ContainsFunc(d.Exclusions, func(x pomExclusion) bool { return strings.Contains(string(x.Group+x.Artifact), "${") })
}
