package rules

import (
	"fmt"
	"slices"
	"strings"

	"assay/artefact"
	"assay/fact"
)

// ARCH.1 is two assertions: that all libraries are known, and that those which the component itself asks for are needed.

var _ = add(&Rule{
	ID: "ARCH.1/libraries-identified",
	Doc: `The requirement: "All 3rd party libraries are identified and known to be needed." This rule discharges "identified"; ` + "`libraries-needed`" + `
discharges the rest. Its Evidence row asks for a "List of libraries".

A library is identified when its name, version and origin are known. The list is complete when each manifest has a lock file or a
resolved closure that is, or lists by itself all that is built. Libraries for development, tests and building are listed too; a version
that is missing there is no harm to what is delivered.

Where an image of the component was read, its packages are libraries too, those of its system included; without one nobody knows what the
base image holds. What ARCH.1 does not discharge today: binaries that are built elsewhere and only lie in the tree, and what code fetches when it runs. A command in a
Dockerfile or at the start of a program that may bring a library which no manifest lists keeps the list open.`,
	Needs:     []fact.Fact{fact.Library{}, fact.Stray{}},
	Uses:      []fact.Fact{fact.Usage{}, fact.Unit{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied},
	Rulings: []string{"needed"},
	Check:   checkIdentified,
	Ask: func(v *fact.View, f Finding) *Question {
		if name, ok := strings.CutPrefix(f.Subject, strayPrefix); ok && len(f.Facts) > 0 {
			return &Question{
				Text: fmt.Sprintf("Which library provides %s, and why is it not declared?", name),
				Answers: []Answer{
					{"the platform or our own build provides it", Satisfied},
					{"a library that is not declared", Unknown},
				},
				Evidence: "a manifest that declares the library, with its version",
			}
		}
		if strings.HasPrefix(f.Subject, "coverage of ") {
			return &Question{Text: "Can the complete list of this component's libraries be had?", Evidence: "a lock file or a resolved closure beside each manifest that has none; the image's own inventory where there is no source"}
		}
		if name, ok := strings.CutPrefix(f.Subject, "vendored "); ok {
			return &Question{
				Text: fmt.Sprintf("Which release of which library is the copy %s?", name),
				Answers: []Answer{
					{"it is our own code, and no library", Satisfied},
					{"a library", Unknown},
				},
				Evidence: "the release in the file's name, or a manifest and lock file that bring the library instead of the copy",
			}
		}
		if name, ok := strings.CutPrefix(f.Subject, "cdn "); ok {
			return &Question{Text: fmt.Sprintf("Which version of %s do pages load?", name), Evidence: "the exact version in the URL"}
		}
		if len(v.Missing(fact.Library{})) > 0 {
			return nil // the list that is asked for answers this too
		}
		return &Question{Text: fmt.Sprintf("Which version of %s is delivered?", f.Subject), Evidence: "a lock file or a resolved closure that states it"}
	},
})

var _ = add(&Rule{
	ID: "ARCH.1/libraries-needed",
	Doc: `The requirement: "All 3rd party libraries are identified and known to be needed." This rule discharges "known to be needed"; its
Evidence row asks for "a justification for their usage (e.g., a model of functionalities and mapped used libraries)".

Each library that the component itself declares for production must be used, or a person must say what for. One that nothing
uses, where its use would have been seen, violates. What libraries bring along shares the judgement on them. A library that
delivered code imports is judged as one for production, whatever its manifest declares it for. Packages of an image's system,
binaries and code at run time bring is not judged here.`,
	Needs:     []fact.Fact{fact.Library{}, fact.Stray{}},
	Uses:      []fact.Fact{fact.Usage{}, fact.Idle{}, fact.Unit{}},
	ViolateAt: fact.Static, SatisfyAt: fact.Static,
	Reaches: []Status{Unknown, NotApplicable, Satisfied, Violated},
	Rulings: []string{"needed"},
	Check:   checkNeeded,
	Ask: func(v *fact.View, f Finding) *Question {
		if len(f.Facts) == 0 || strings.HasPrefix(f.Subject, "coverage of ") {
			return nil // the other rule asks for the list
		}
		return &Question{
			Text: fmt.Sprintf("Is %s needed, and for what?", f.Subject),
			Answers: []Answer{
				{"it is needed", Satisfied},
				{"it is not needed", Violated},
			},
			Evidence: "a justification in assay.yaml (libraries) or a comment assay:justify lib=… why=… where it is used",
		}
	},
})

const strayPrefix = "import "

// A named library is one name in an ecosystem, in all its versions.
type named struct {
	eco, name string
	versions  []string
	uses      []string
	refs      []fact.Ref
	direct    bool
	nameless  bool // by which names it is imported is not known
	image     bool // an image holds it, and the source says nothing of it
}

func (n *named) String() string { return n.eco + " " + n.name }

// versionless is what to say where no version is known.
func (n *named) versionless() string {
	switch n.eco {
	case "cdn":
		return fmt.Sprintf("pages load %s by a URL that does not pin a version: put the exact version into the URL", n.name)
	case "vendored":
		return fmt.Sprintf("%s lies in the tree as a copy, and nothing tells of which version: write the version into the file's name, or have a package manager bring it", n.name)
	}
	return fmt.Sprintf("no file states which version of %s is used: commit the lock file, or write the version down", n.name)
}

// delivered says whether it goes into what is delivered.
func (n *named) delivered() bool {
	return slices.Contains(n.uses, "production") || slices.Contains(n.uses, "optional") && !n.direct
}

// libraries returns the libraries in v, by ecosystem and name: the direct ones of production, and all others.
func libraries(v *fact.View) (direct, others []*named) {
	by := map[[2]string]*named{}
	add := func(list *[]*named, k [2]string, ref fact.Ref, l fact.Library, isDirect bool) {
		n := by[k]
		if n == nil {
			n = &named{eco: l.Ecosystem, name: l.Name, direct: isDirect}
			by[k] = n
			*list = append(*list, n)
		}
		n.nameless, n.image = n.nameless || l.Nameless, n.image || l.Origin == "image"
		n.versions, n.uses, n.refs = append(n.versions, l.Version), append(n.uses, l.Use), append(n.refs, ref)
	}
	for ref, l := range fact.All[fact.Library](v) {
		if l.Direct && l.Use == "production" {
			add(&direct, [2]string{l.Ecosystem, l.Name}, ref, l, true)
		} else {
			add(&others, [2]string{l.Ecosystem, l.Name + "\x00"}, ref, l, l.Direct)
		}
	}
	order := func(a, b *named) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(direct, order)
	slices.SortFunc(others, order)
	return direct, others
}

func checkIdentified(v *fact.View) (fs []Finding) {
	direct, others := libraries(v)
	var known []fact.Ref
	add := func(f Finding) { fs = append(fs, f) }
	count, missing := 0, 0
	for _, n := range direct {
		if slices.Contains(n.versions, "") {
			add(Finding{Subject: n.String(), Facts: n.refs, Text: n.versionless()})
			continue
		}
		count++
		known = append(known, n.refs...)
	}
	var open []fact.Ref
	var unknown []string
	for _, n := range others {
		if !n.delivered() {
			continue
		}
		if slices.Contains(n.versions, "") {
			missing++
			open, unknown = append(open, n.refs...), append(unknown, n.name)
			continue
		}
		count++
		known = append(known, n.refs...)
	}
	if missing > 0 {
		add(Finding{Subject: "transitive libraries", Facts: open, Text: fmt.Sprintf("the version of %s is not known: lock again and commit the lock file", several(unknown))})
	}
	if count > 0 {
		add(Finding{Subject: "libraries", Status: Satisfied, Facts: known, Text: fmt.Sprintf("%s known by name, version and origin, %d of them declared by the component itself", plural(count, "library is", "libraries are"), len(direct)-withoutVersion(direct))})
	}
	for ref, s := range fact.All[fact.Stray](v) {
		add(Finding{Subject: strayPrefix + s.Name, Facts: []fact.Ref{ref},
			Text: fmt.Sprintf("%s code imports %s, which no library that is declared explains: declare the library that provides it", s.Language, s.Name)})
	}
	if len(direct) == 0 && count == 0 && missing == 0 {
		fs = append(fs, none(v)...)
	}
	return fs
}

func withoutVersion(ns []*named) (n int) {
	for _, x := range ns {
		if slices.Contains(x.versions, "") {
			n++
		}
	}
	return n
}

// none is the finding where there is no library and nothing hints at one. Where something was not read, it is silent.
func none(v *fact.View) []Finding {
	for range fact.All[fact.Stray](v) {
		return nil
	}
	if len(v.Missing(fact.Library{}))+len(v.Missing(fact.Stray{})) > 0 {
		return nil
	}
	if unclaimed(v) {
		return []Finding{{Subject: "libraries", Status: NotApplicable, Absent: []fact.Fact{fact.Library{}, fact.Stray{}},
			Text: "no source, manifest or lock file is among the files that no component claims"}}
	}
	return []Finding{{Subject: "libraries", Status: Satisfied, Absent: []fact.Fact{fact.Library{}},
		Text: "no third-party library is declared, imported or copied; all manifests, lock files, sources and pages were read"}}
}

// unclaimed says that v shows what no component claims, and that no file there could bring or use a library.
func unclaimed(v *fact.View) bool {
	claimed := true
	for _, c := range fact.All[fact.Component](v) {
		claimed = c.Name != "(unmapped)"
	}
	for _, u := range fact.All[fact.Unit](v) {
		if slices.Contains([]artefact.Family{artefact.Source, artefact.Manifest, artefact.Lock}, artefact.Family(u.Family)) {
			return false
		}
	}
	return !claimed
}

func checkNeeded(v *fact.View) (fs []Finding) {
	type seen struct {
		how, detail string
		ref         fact.Ref
		word        bool
	}
	uses := map[[2]string][]seen{}
	for ref, u := range fact.All[fact.Usage](v) {
		k := [2]string{u.Ecosystem, u.Name}
		row, _ := v.Row(ref)
		uses[k] = append(uses[k], seen{u.How, u.Detail, ref, row.Grade == fact.Declared || u.How == "justified"})
	}
	type nothing struct {
		looked string
		ref    fact.Ref
	}
	idle := map[[2]string]nothing{}
	for ref, i := range fact.All[fact.Idle](v) {
		idle[[2]string{i.Ecosystem, i.Name}] = nothing{i.Looked, ref}
	}
	direct, others := libraries(v)
	for _, n := range direct {
		k := [2]string{n.eco, n.name}
		f := Finding{Subject: n.String(), Facts: slices.Clone(n.refs)}
		var evident, justified []seen
		for _, u := range uses[k] {
			if u.word {
				justified = append(justified, u)
			} else {
				evident = append(evident, u)
			}
		}
		order := []string{"import", "annotation processor", "command", "configuration", "activated", "required", "types"}
		slices.SortFunc(evident, func(a, b seen) int {
			return slices.Index(order, a.how) - slices.Index(order, b.how)
		})
		i, lies := idle[k]
		switch {
		case len(evident) > 0:
			f.Status, f.Text = Satisfied, n.name+" "+usedAs(evident[0].how, evident[0].detail)
			if (n.eco == "cdn" || n.eco == "vendored") && evident[0].how == "import" {
				f.Text = n.name + " is loaded by " + evident[0].detail
			}
			for _, u := range evident {
				f.Facts = append(f.Facts, u.ref)
			}
		case len(justified) > 0:
			f.Status, f.Text = Satisfied, fmt.Sprintf("%s is declared to be needed: %s", n.name, justified[0].detail)
			for _, u := range justified {
				f.Words = append(f.Words, u.ref)
			}
		case lies:
			f.Status, f.Absent, f.Facts = Violated, []fact.Fact{fact.Usage{}}, append(f.Facts, i.ref)
			f.Text = fmt.Sprintf("%s is declared and not used: %s. %s", n.name, i.looked, instead(n.eco, i.looked))
		case n.nameless:
			f.Text = fmt.Sprintf("%s is declared; by which names it is imported is not known here, and nothing else shows what it is for", n.name)
		case n.eco == "vendored":
			f.Text = fmt.Sprintf("%s lies in the tree as a copy; nothing that was read loads it: remove it, or say what it is needed for", n.name)
		default:
			f.Text = fmt.Sprintf("%s is declared; nothing that was read shows what for", n.name)
		}
		fs = append(fs, f)
	}
	var along, system []fact.Ref
	count, packages, held := 0, 0, 0
	for _, n := range others {
		switch {
		case !n.delivered():
		case fact.OfSystem(n.eco): // what no component asks for by itself, and no code uses by a name
			packages++
			system = append(system, n.refs...)
		default:
			count++
			along = append(along, n.refs...)
			if n.image {
				held++
			}
		}
	}
	switch {
	case count > 0 && len(direct) > 0:
		fs = append(fs, Finding{Subject: "transitive libraries", Status: Satisfied, Facts: along,
			Text: fmt.Sprintf("%s along; the judgement on those that bring them holds for them", plural(count, "library is brought", "libraries are brought"))})
	case count > 0 && held == count:
		fs = append(fs, Finding{Subject: "transitive libraries", Facts: along,
			Text: fmt.Sprintf("%s in the image, and no manifest says which of them the component asks for", plural(count, "library is", "libraries are"))})
	case count > 0:
		fs = append(fs, Finding{Subject: "transitive libraries", Facts: along,
			Text: fmt.Sprintf("%s locked, and no manifest says which of them the component asks for: commit the manifest", plural(count, "library is", "libraries are"))})
	case len(direct) == 0 && packages > 0:
		if len(v.Missing(fact.Library{}))+len(v.Missing(fact.Stray{})) == 0 {
			fs = append(fs, Finding{Subject: "libraries", Status: Satisfied, Facts: system, Absent: []fact.Fact{fact.Library{}},
				Text: fmt.Sprintf("the image holds %s of its system, and no other library is declared, imported or copied", plural(packages, "package", "packages"))})
		}
	case len(direct) == 0:
		fs = append(fs, none(v)...)
	}
	return fs
}

func usedAs(how, detail string) string {
	of := ""
	if detail != "" {
		of = " " + detail
	}
	switch how {
	case "import":
		return "is imported as" + of
	case "annotation processor":
		return "works on the annotations of" + of
	case "activated":
		return "acts by being there, with" + of
	case "configuration":
		return "is called for by configuration:" + of
	case "command":
		return "is run as" + of
	case "types":
		return "gives the types of" + of
	case "required":
		return "is needed with" + of
	}
	return "is used:" + of
}

// instead is what to do with a library that nothing uses.
func instead(eco, looked string) string {
	switch {
	case strings.HasSuffix(looked, "brings it along anyway") && eco == "pypi":
		return "Remove it, say what it is needed for, or move the pin to a constraints file"
	case strings.HasSuffix(looked, "brings it along anyway") && eco == "npm":
		return "Remove it, say what it is needed for, or move the pin to overrides"
	case strings.HasPrefix(looked, "only tests"), strings.HasPrefix(looked, "only scripts"):
		return "Remove it or declare it for development, or say what it is needed for"
	}
	return "Remove it, or say what it is needed for"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func several(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
