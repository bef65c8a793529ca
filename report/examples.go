package report

import (
	"bytes"
	_ "embed"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"assay/rules"
)

// Examples are the cases by which rules are tested: each a small system, and what the rule says of it. The program carries those that
// it shows, which are the shortest case of each status that each rule reaches. They stand in examples.txt, which go run
// ./dev/reference writes from the cases; a test says when it is old.

//go:embed examples.txt
var exampleBundle []byte

// An Example is a case.
type Example struct {
	Requirement, Name string // Name is that of its file
	Shows             string // a sentence
	Files             []txtar.File
	Want              string // what each rule says of it, as the test has it
}

// Examples returns the cases that a bundle holds; nil is the one within the program.
func Examples(bundle []byte) (out []Example) {
	if bundle == nil {
		bundle = exampleBundle
	}
	for _, f := range txtar.Parse(bundle).Files {
		text := strings.TrimPrefix(strings.ReplaceAll("\n"+string(f.Data), "\n\t", "\n"), "\n")
		out = append(out, example(f.Name, []byte(text)))
	}
	return out
}

func example(name string, data []byte) Example {
	ar := txtar.Parse(data)
	x := Example{}
	x.Requirement, x.Name, _ = strings.Cut(name, "/")
	for para := range strings.SplitSeq(strings.TrimSpace(string(ar.Comment)), "\n\n") {
		if !strings.HasPrefix(para, "at: ") { // the day of its assessment
			x.Shows = strings.TrimSpace(x.Shows + " " + strings.Join(strings.Fields(para), " "))
		}
	}
	for _, f := range ar.Files {
		if f.Name == "want" {
			x.Want = string(f.Data)
		} else {
			x.Files = append(x.Files, f)
		}
	}
	return x
}

// size is how much there is to read of x before what is said of it.
func (x Example) size() (n int) {
	for _, f := range x.Files {
		n += len(f.Name) + len(f.Data)
	}
	return n
}

var verdictLine = regexp.MustCompile(`^([A-Z]+\.\d+/[\w-]+)(?: (.+))?: (unknown|not_applicable|satisfied|violated)$`)

// reaches says whether rule comes to st in x.
func (x Example) reaches(rule string, st rules.Status) bool {
	for line := range strings.Lines(x.Want) {
		if m := verdictLine.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil && m[1] == rule && m[3] == st.String() {
			return true
		}
	}
	return false
}

var findingLine = regexp.MustCompile(`^\t(unknown|not_applicable|satisfied|violated) \w+ (.*?)(?: \[(.*)\])?$`)

// says returns what rule finds in x that makes it st: sentences with the first place of each.
func (x Example) says(rule string, st rules.Status) (out []string) {
	in := false
	for line := range strings.Lines(x.Want) {
		line = strings.TrimRight(line, "\n")
		if m := verdictLine.FindStringSubmatch(line); m != nil {
			if in {
				break
			}
			in = m[1] == rule && m[3] == st.String()
			continue
		}
		if !in {
			continue
		}
		if m := findingLine.FindStringSubmatch(line); m != nil && m[1] == st.String() && !strings.HasPrefix(m[2], "coverage of ") {
			text := m[2]
			if subject, rest, ok := strings.Cut(text, ": "); ok && (subject == "all of it" || strings.HasPrefix(rest, subject[strings.LastIndexByte(subject, ' ')+1:]+" ")) {
				text = rest // "npm left-pad: left-pad is declared …"
			}
			if first, _, _ := strings.Cut(m[3], " "); first != "" {
				text += " (" + first + ")"
			}
			out = append(out, text)
		} else if gap, ok := strings.CutPrefix(line, "\tgap "); ok && st == rules.Unknown && len(out) == 0 {
			if _, text, ok := strings.Cut(gap, ": "); ok && follows(text) == "" {
				out = append(out, text)
			}
		}
	}
	return slices.Compact(out)
}

// shortest returns the case with least to read in which rule comes to st.
func shortest(xs []Example, rule string, st rules.Status) (best Example, ok bool) {
	for _, x := range xs {
		if x.reaches(rule, st) && (!ok || x.size() < best.size() || x.size() == best.size() && x.Name < best.Name) {
			best, ok = x, true
		}
	}
	return best, ok
}

// Bundle returns those of the cases (file by requirement/name) that the program shows, as one text.
func Bundle(cases map[string][]byte) []byte {
	var xs []Example
	for name, data := range cases {
		xs = append(xs, example(name, data))
	}
	chosen := map[string]bool{}
	for _, r := range rules.All() {
		for _, st := range r.Reaches {
			if x, ok := shortest(xs, r.ID, st); ok {
				chosen[x.Requirement+"/"+x.Name] = true
			}
		}
	}
	ar := txtar.Archive{Comment: []byte("The cases that assay explain shows. go run ./dev/reference wrote this.\nEach line begins with a tab, so that no case ends another.\n")}
	for name, data := range cases {
		if chosen[name] {
			data = bytes.ReplaceAll(append([]byte("\t"), bytes.TrimSuffix(data, []byte("\n"))...), []byte("\n"), []byte("\n\t"))
			ar.Files = append(ar.Files, txtar.File{Name: name, Data: append(data, '\n')})
		}
	}
	slices.SortFunc(ar.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	return txtar.Format(&ar)
}
