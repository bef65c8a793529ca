package rules

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

var _ = add(&Rule{
	ID: "QUAL.5/memory-handled-safely",
	Doc: `The requirement: "In unmanaged code, memory is allocated, freed and used securely." This rule discharges the whole sentence, for code of
the component's own whose memory is the programmer's: C, C++, assembly, unsafe blocks, cgo, native interfaces and extensions.
Native code within third-party libraries is an observation at QUAL.3 (ruling unmanaged).

Not applicable: the component has none, after all its source was read, its image (where one was brought) holds no executable of
its own that such code makes, and nothing in its Dockerfile compiles what is not there; or it is the files that no component claims, and no source is
among them. Otherwise unknown: this lists what there is. The Evidence row names
"Memory traces from runtime monitoring" beside source, so that source alone never satisfies it; traces of tests and fuzzing under a
sanitiser would.

Not discharged: errors in such code are not looked for here; an analyser's or a sanitiser's report is evidence that is brought.`,
	Needs:     []fact.Fact{fact.Native{}},
	Uses:      []fact.Fact{fact.Component{}, fact.Unit{}, fact.Ran{}, fact.Shipped{}, fact.Import{}},
	Sees:      []artefact.Class{artefact.Generated, artefact.Example, artefact.Test},
	ViolateAt: fact.Static, SatisfyAt: fact.Observed,
	Source:  true,
	Reaches: []Status{Unknown, NotApplicable},
	Rulings: []string{"grades", "unmanaged", "unmanaged-detect", "indicators-only", "third-party"},
	Check:   checkUnmanaged,
	Ask: func(v *fact.View, f Finding) *Question {
		traces := "memory traces (address sanitiser, leak checker) of tests and fuzzing that ran over this code, with the number of lines they covered"
		switch {
		case strings.HasPrefix(f.Subject, "coverage of "):
			return &Question{Text: "Does what could not be read hold code whose memory the programmer manages?", Evidence: "its source, in a language that is read"}
		case f.Subject == "own source":
			return &Question{Text: "Where is the source of this component, and in which languages is it written?",
				Answers: []Answer{{"it has none of its own: its files only set up somebody else's product", NotApplicable}}, Evidence: "the source, as a further root"}
		case strings.HasPrefix(f.Subject, asideSubject):
			return &Question{Text: "Is this part of what is delivered?",
				Answers: []Answer{{"no, or a third party's generator wrote it", NotApplicable}, {"yes, it is our own", Unknown}}, Evidence: traces}
		case strings.HasPrefix(f.Subject, compiles):
			return &Question{Text: "What does this compile: code of a third party, or of your own?",
				Answers: []Answer{{"code of a third party, which is on the list of libraries", NotApplicable}, {"our own", Unknown}}, Evidence: "the source that is compiled, as a further root"}
		case strings.HasPrefix(f.Subject, "executable "):
			return &Question{Text: "From which source is this executable built?",
				Answers: []Answer{{"it is a third party's", NotApplicable}, {"from managed code of our own (GraalVM, .NET), by its compiler alone", NotApplicable}, {"from unmanaged code of our own", Unknown}}, Evidence: "the source it is built from"}
		}
		return &Question{Text: "What do memory traces of the tests of this code show?",
			Answers: []Answer{
				{"no error, in tests and fuzzing over all of it", Satisfied},
				{"an error", Violated},
			}, Evidence: traces}
	},
})

// unmanaged says in words what a kind of fact.Native is.
var unmanaged = map[string]string{
	"c":         "C or C++",
	"asm":       "assembly",
	"cgo":       "calls of C from Go (cgo)",
	"unsafe":    "unsafe code",
	"jni":       "native methods of Java",
	"ffi":       "calls of native functions",
	"pinvoke":   "calls of native functions from .NET",
	"extension": "a native extension",
}

const compiles = "compiles "

// compiler matches the first word of a command that makes an executable of unmanaged code.
var compiler = regexp.MustCompile(`(?m)(?:^|[;&|({]|\bthen\b|\bdo\b)\s*((?:[A-Z_]+=\S*\s+)*)(gcc(?:-\d+)?|g\+\+(?:-\d+)?|cc|c\+\+|clang(?:-\d+)?|clang\+\+(?:-\d+)?|cl|ld|make|gmake|cmake|ninja|meson|nasm|gfortran|zig|\./configure|rustc)(?:\s|$)`)

func checkUnmanaged(v *fact.View) (fs []Finding) {
	byKind := map[string]*Finding{}
	files := map[string]map[string]bool{}
	aside := elsewhere(v)
	for ref, n := range fact.All[fact.Native](v) {
		if row, _ := v.Row(ref); row.Class != artefact.Production {
			if text := aside(n, row.Class); text != "" {
				fs = append(fs, Finding{Subject: asideSubject + shown(n.Site.Unit), Facts: []fact.Ref{ref}, Text: text})
			}
			continue
		}
		if byKind[n.Kind] == nil {
			byKind[n.Kind], files[n.Kind] = &Finding{Subject: "unmanaged code: " + n.Kind}, map[string]bool{}
		}
		byKind[n.Kind].Facts = append(byKind[n.Kind].Facts, ref)
		files[n.Kind][shown(n.Site.Unit)] = true
	}
	for _, class := range []artefact.Class{artefact.Generated, artefact.Example, artefact.Test} {
		for _, g := range v.Beyond(fact.Native{}, class) {
			if aside(fact.Native{Site: fact.Site{Unit: g.Unit}}, class) != "" {
				fs = append(fs, Finding{Subject: asideSubject + shown(g.Unit), Text: shown(g.Unit) + " was not read whole, and may be delivered", Gaps: []fact.Gap{g}})
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		f := byKind[kind]
		what := unmanaged[kind]
		if what == "" {
			what = kind
		}
		places := "1 place"
		if n := len(f.Facts); n > 1 {
			places = fmt.Sprintf("%d places", n)
		}
		f.Text = fmt.Sprintf("%s in %s of %s; no memory traces of it are at hand", what, places, few(slices.Sorted(maps.Keys(files[kind]))))
		fs = append(fs, *f)
	}
	for ref, r := range fact.All[fact.Ran](v) {
		if row, _ := v.Row(ref); row.Class != artefact.Production {
			continue
		} else if m := compiler.FindStringSubmatch(strings.ReplaceAll(r.Text, "\\\n", " ")); m != nil && byKind["c"] == nil {
			fs = append(fs, Finding{Subject: compiles + m[2] + " in " + shown(r.Site.Unit), Facts: []fact.Ref{ref},
				Text: fmt.Sprintf("%s runs %s, and no source that it could compile is among the files", path.Base(r.Site.Unit), m[2])})
		}
	}
	for ref, s := range fact.All[fact.Shipped](v) {
		if s.Kind == "elf" && !s.InBase {
			fs = append(fs, Finding{Subject: "executable " + s.Path, Facts: []fact.Ref{ref}, Text: "the image holds the executable " + s.Path + ", which no package of its system brought and no source explains"})
		}
	}
	n, languages := 0, map[string]bool{}
	for _, u := range fact.All[fact.Unit](v) {
		if u.Family == "source" && u.Class == "production" {
			n++
			languages[u.Language] = true
		}
	}
	switch {
	case len(fs) > 0:
	case n == 0 && isUnmapped(v):
		fs = append(fs, Finding{Subject: "unmanaged code", Status: NotApplicable, Absent: []fact.Fact{fact.Native{}}, Text: "no code is among the files that no component claims"})
	case n == 0:
		fs = append(fs, Finding{Subject: "own source", Text: "no source of this component is among the files"})
	default:
		fs = append(fs, Finding{Subject: "unmanaged code", Status: NotApplicable, Absent: []fact.Fact{fact.Native{}},
			Text: fmt.Sprintf("its %s of source (%s) %s no C, assembly, unsafe code or native interface", files1(n), strings.Join(spoken(languages), ", "), onlyOr(n, "holds", "hold"))})
	}
	return fs
}

// spoken are languages by their names.
func spoken(languages map[string]bool) (out []string) {
	for _, l := range slices.Sorted(maps.Keys(languages)) {
		out = append(out, cmp.Or(l, "a language that is not known"))
	}
	return out
}

// isUnmapped says that v is of what no component claims.
func isUnmapped(v *fact.View) bool {
	for _, c := range fact.All[fact.Component](v) {
		return c.Name == "(unmapped)"
	}
	return false
}

// shown is a file as people know it: without the name of the first root.
func shown(unit string) string { return strings.TrimPrefix(unit, "main/") }

func files1(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

const asideSubject = "unmanaged code beside: "

// elsewhere tells of unmanaged code that does not count by where it lies or what its header says, and may be delivered all the same: what
// generators write (but for protobuf's, whose use of unsafe is the generator's), and what lies among tests or examples in a
// directory that production imports.
func elsewhere(v *fact.View) func(fact.Native, artefact.Class) string {
	imported := map[string]bool{} // the last two parts of what production imports
	last := func(p string) string {
		parts := strings.FieldsFunc(p, func(r rune) bool { return strings.ContainsRune("/.:\\", r) })
		return strings.Join(parts[max(0, len(parts)-2):], "/")
	}
	for ref, i := range fact.All[fact.Import](v) {
		if row, _ := v.Row(ref); row.Class == artefact.Production {
			imported[last(i.Name)] = true
		}
	}
	return func(n fact.Native, class artefact.Class) string {
		what := cmp.Or(unmanaged[n.Kind], n.Kind)
		switch {
		case class == artefact.Generated && !strings.HasSuffix(n.Site.Unit, ".pb.go"):
			return fmt.Sprintf("%s says that a program wrote it, and holds %s: which program, from what, is not known", shown(n.Site.Unit), what)
		case class != artefact.Generated && imported[last(path.Dir(n.Site.Unit))]:
			return fmt.Sprintf("%s lies among tests or examples, and holds %s; production imports something of that name", shown(n.Site.Unit), what)
		}
		return ""
	}
}

// few names the first of names.
func few(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return strings.Join(names, ", ")
}
