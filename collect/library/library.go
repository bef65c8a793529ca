// Package library reads build files: which modules they describe, which libraries these need, which versions were locked.
//
// The readers are our own, so that every direct dependency is listed by name even where no inventory tool resolves it. What
// a reader does not understand is a gap in the predicate it could have carried, never silence. Conventions that derive and
// the rules rely on, beyond those of package fact:
//
//   - Site.Symbol is the section of the file ("devDependencies", "profile ci", "subprojects").
//   - Extra holds what an ecosystem adds to a name as phrases joined by "; ": "classifier x", "exclude g:a", "profile ID",
//     "indirect", "extra NAME", "group NAME", "alias NAME", "plugin", "subprojects", "below" (applies to the modules of all
//     directories below), "git URL".
//   - Locked.Use is "" where the lock file does not say what a library is for (yarn, go.sum, Cargo.lock).
//   - Locked.Origin begins with "path" for modules of the ToE itself.
//   - Locked.Requires holds NAME@VERSION where the lock knows the version.
//   - Complete.Module is the directory of an importer, relative to the lock file's; "" is the lock file's own. Of a
//     maven-closure it is group:artefact.
//   - Property "include" and "constraint" name a further file that this one pulls in, "script:NAME" a command that the
//     manifest defines, "catalog:ALIAS" what an alias of a Gradle version catalogue stands for.
//   - A Gradle project path (":a:b") stands in Path as written, and workspace:RANGE does where a directory is not named.
package library

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"assay/artefact"
	"assay/collect"
	"assay/fact"
)

// All are the readers of this package.
var All = slices.Concat(manifests, locks)

var manifests = []*collect.Collector{
	mavenReader, gradleReader, gradleSettingsReader, gradleCatalogReader, gradlePropertiesReader,
	npmReader, pnpmWorkspaceReader, goReader, goWorkReader,
	pyprojectReader, pipReader, setupPyReader, setupCfgReader, pipfileReader, toxReader,
	dotnetReader, dotnetPropsReader, dotnetSolutionReader, dotnetPackagesReader,
	cargoReader, composerReader, cmakeReader, conanReader, vcpkgReader,
}

var locks = []*collect.Collector{
	npmLockReader, yarnLockReader, pnpmLockReader, goSumReader, goGraphReader,
	pipLockReader, pipfileLockReader, poetryLockReader, uvLockReader, pdmLockReader,
	dotnetLockReader, cargoLockReader, composerLockReader, gradleLockReader, mavenClosureReader, conanLockReader,
	cyclonedxReader, spdxReader, packedJarReader,
}

// said are the predicates that a manifest can carry. Every reader owns to all of them: a go.mod cannot name an image, and
// that it emits no ImageBuild says just that.
var said = []fact.Fact{fact.Module{}, fact.Submodule{}, fact.Dependency{}, fact.Managed{}, fact.Property{}, fact.ImageBuild{}, fact.Target{}}

var locked = []fact.Fact{fact.Locked{}, fact.Complete{}}

const (
	maxBytes   = 32 << 20
	maxEntries = 50_000  // facts and gaps of one file
	maxEdges   = 500_000 // requirements of one lock file
	maxDepth   = 200     // nesting of any syntax
	maxNodes   = 1_500_000
	maxName    = 1024
)

func manifest(name, doc string, read func(*reader) error, languages ...string) *collect.Collector {
	return &collect.Collector{Name: "library/" + name, Doc: doc, Accepts: collect.Kinds(artefact.Manifest, languages...), Emits: said, Run: bounded(read)}
}

func lock(name, doc string, read func(*reader) error) *collect.Collector {
	return &collect.Collector{Name: "library/" + name, Doc: doc, Accepts: collect.Kinds(artefact.Lock, name), Emits: locked, Run: bounded(read)}
}

// A reader is a Pass that counts what it is given.
type reader struct {
	peers bool // the lock tells peers from what libraries bring themselves
	*collect.Pass
	facts, gaps int
}

type tooMany struct{ line int }

// bounded runs read within this package's limits. Of a file beyond them, what was seen before is kept.
func bounded(read func(*reader) error) func(*collect.Pass) error {
	return func(p *collect.Pass) (err error) {
		if len(p.Data) > maxBytes {
			return fmt.Errorf("%d bytes: more than %d are not read", len(p.Data), maxBytes)
		}
		p.Data = decoded(p.Data)
		defer func() {
			switch x := recover().(type) {
			case nil:
			case tooMany:
				err = fmt.Errorf("line %d: more than %d entries", x.line, maxEntries)
			default:
				panic(x)
			}
		}()
		if err = read(&reader{Pass: p}); err != nil {
			err = errors.New(clean(err.Error())) // what a parser quotes may be a secret
		}
		return err
	}
}

// decoded returns text without a byte order mark, and in UTF-8 if it was UTF-16, which Visual Studio writes.
func decoded(s string) string {
	if s, ok := strings.CutPrefix(s, "\xef\xbb\xbf"); ok {
		return s
	}
	little := strings.HasPrefix(s, "\xff\xfe")
	if !little && !strings.HasPrefix(s, "\xfe\xff") {
		return s
	}
	var units []uint16
	for i := 2; i+1 < len(s); i += 2 {
		if little {
			units = append(units, uint16(s[i])|uint16(s[i+1])<<8)
		} else {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
	}
	return string(utf16.Decode(units))
}

// text returns the unit's content as lines are read from it: valid UTF-8 with LF line ends.
func (r *reader) text() string {
	s := r.Data
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// emit records f, unless a name in it is too long or none to be a name, which is a gap.
func (r *reader) emit(f fact.Fact, line int) {
	if r.facts++; r.facts > maxEntries {
		panic(tooMany{line})
	}
	name, must := "", true
	switch f := f.(type) {
	case fact.Dependency:
		name = f.Name
	case fact.Managed:
		name = f.Name
	case fact.Locked:
		name = f.Name
	case fact.Property:
		name = f.Key
	case fact.Submodule:
		name = f.Dir
	case fact.Module:
		name, must = f.Name+f.Version, false
	default:
		must = false
	}
	if len(name) > maxName || must && strings.TrimSpace(name) == "" {
		r.gap(f, line, "unparsed", "line %d: not a name: %q", line, short(name))
		return
	}
	r.Pass.Emit(f, line)
}

func (r *reader) gap(kind fact.Fact, line int, why, format string, args ...any) {
	if r.gaps++; r.gaps > maxEntries {
		panic(tooMany{line})
	}
	r.Pass.Gap(kind, line, why, format, args...)
}

// unparsed is a gap in what stands at line, quoted without secrets.
func (r *reader) unparsed(kind fact.Fact, line int, quoted string) {
	r.gap(kind, line, "unparsed", "line %d: %s", line, short(quoted))
}

func (r *reader) unresolved(kind fact.Fact, line int, format string, args ...any) {
	r.gap(kind, line, "unresolved", "line %d: %s", line, short(fmt.Sprintf(format, args...)))
}

// short returns s on one line, bounded and without what looks like a secret.
func short(s string) string {
	s = fact.MaskedText(strings.Join(strings.Fields(s), " ")) // before it is cut: half a secret is one too
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return clean(s)
}

// clean returns s as it may be kept: URLs lose user, password and query.
func clean(s string) string {
	v := fact.Masked("", s)
	if v.Op != "const" {
		return "(masked)"
	}
	return query.ReplaceAllString(v.Text, "$1")
}

var query = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s?'"]*)\?[^\s#'"]*`)

// command returns what a manifest has a shell run, without what looks like a secret.
func command(s string) fact.Value {
	if s = clean(s); s == "(masked)" {
		return fact.Unknown("masked")
	}
	return fact.Const(s)
}

// extra joins the phrases of a Dependency's Extra.
func extra(phrases ...string) string {
	return strings.Join(slices.DeleteFunc(phrases, func(s string) bool { return s == "" }), "; ")
}

func phrase(word, s string) string {
	if s == "" {
		return ""
	}
	return word + " " + clean(s)
}

var managed = fact.Unknown("managed")

func ranged(s string) fact.Value {
	return fact.Unknown("range " + clean(strings.Join(strings.Fields(s), " ")))
}

// placeholders returns s as a Value in which what re finds (its first group is the name) stands for itself.
func placeholders(s string, re *regexp.Regexp) fact.Value {
	var vs []fact.Value
	at := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, 64) {
		if m[0] > at {
			vs = append(vs, fact.Const(s[at:m[0]]))
		}
		vs = append(vs, fact.Key(s[m[2]:m[3]]))
		at = m[1]
	}
	if at < len(s) || len(vs) == 0 {
		vs = append(vs, fact.Const(s[at:]))
	}
	return fact.Concat(vs...)
}

// kept is a property's value: masked if it looks like a secret, else with its placeholders as keys.
func kept(key, value string, re *regexp.Regexp) fact.Value {
	v := fact.Masked(key, value)
	if v.Op != "const" || re == nil {
		return v
	}
	return placeholders(v.Text, re)
}

// dir returns a path as written, with slashes and without what Clean would take away; a path in a URL or a variable stays.
func dir(p string) string {
	p = strings.ReplaceAll(strings.TrimSpace(p), `\`, "/")
	if p == "" {
		return ""
	}
	return path.Clean(p)
}

// host reports whether u's host is the one of these labels, which is how a public registry is told without being named.
func host(u string, labels ...string) bool {
	p, err := url.Parse(u)
	if err != nil {
		return false
	}
	have := strings.Split(strings.ToLower(p.Hostname()), ".")
	return len(have) >= len(labels) && slices.Equal(have[len(have)-len(labels):], labels)
}

// groupUse says what a named group of dependencies is for. What nobody can tell is production.
func groupUse(name string) string {
	name = strings.ToLower(name)
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == ' ' }) {
		switch w {
		case "test", "tests", "testing", "pytest", "e2e":
			return "test"
		case "dev", "develop", "development", "lint", "linting", "linter", "docs", "doc", "documentation", "typing", "types", "type", "mypy", "ci", "format", "fmt", "style", "debug", "pre", "precommit", "tooling", "jupyter", "notebook", "bench", "benchmark", "profiling":
			return "development"
		case "build":
			return "build"
		}
	}
	return "production"
}

// stronger returns the use that weighs more.
func stronger(a, b string) string {
	if slices.Index(uses, a) <= slices.Index(uses, b) {
		return a
	}
	return b
}

var uses = []string{"production", "", "optional", "build", "development", "test", "graph"}

// A package collects one library of a lock file, which may occur there several times.
type pkg struct {
	fact.Locked
	line int
}

// emitLocked emits the libraries of a lock, each name and version once, in order.
func (r *reader) emitLocked(all []pkg) error {
	merged := map[string]*pkg{}
	var order []string
	edges := 0
	for _, p := range all {
		id := p.Name + "\x00" + p.Version + "\x00" + p.Origin
		if edges += len(p.Requires); edges > maxEdges {
			return fmt.Errorf("line %d: more than %d requirements", p.line, maxEdges)
		}
		m := merged[id]
		if m == nil {
			merged[id] = &p
			order = append(order, id)
			continue
		}
		m.Requires, m.Peers = append(m.Requires, p.Requires...), append(m.Peers, p.Peers...)
		m.Use, m.Integrity = stronger(m.Use, p.Use), m.Integrity && p.Integrity
		m.line = min(m.line, p.line)
	}
	slices.Sort(order)
	for _, id := range order {
		p := merged[id]
		slices.Sort(p.Requires)
		slices.Sort(p.Peers)
		p.Requires, p.Peers = slices.Compact(p.Requires), slices.Compact(p.Peers)
		r.emit(p.Locked, p.line)
	}
	return nil
}

// finish emits a lock's libraries and, if nothing was left open, that it is complete for modules.
func (r *reader) finish(ecosystem string, all []pkg, modules ...string) error {
	if err := r.emitLocked(all); err != nil {
		return err
	}
	if r.gaps > 0 {
		return nil
	}
	slices.Sort(modules)
	for _, m := range slices.Compact(modules) {
		r.emit(fact.Complete{Ecosystem: ecosystem, Module: m, Peers: r.peers}, 1)
	}
	return nil
}

// at returns NAME@VERSION, or the name alone if there is no version.
func at(name, version string) string {
	if version == "" {
		return name
	}
	return name + "@" + version
}

var errDepth = errors.New("nested too deep")

// lineOf counts lines up to an offset. Offsets must not fall.
type lineOf struct {
	data     string
	at, line int
}

func (l *lineOf) of(offset int) int {
	offset = min(max(offset, l.at), len(l.data))
	l.line += strings.Count(l.data[l.at:offset], "\n")
	l.at = offset
	return l.line + 1
}

// latin1 returns the UTF-8 of bytes that are one character each.
func latin1(b []byte) []byte {
	var out bytes.Buffer
	for _, c := range b {
		out.WriteRune(rune(c))
	}
	return out.Bytes()
}
