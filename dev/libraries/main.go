// Command libraries compares the libraries that assay finds in a system with what the build tool of the ecosystem itself lists.
// The tool runs in a copy of the directory, with its own configuration, and may ask its registry; assay runs on the directory
// as it is. Names and versions are compared over the whole system: which component holds what is assay's own notion.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"assay/assess"
)

// A list is versions by name.
type list map[string]map[string]bool

func (l list) add(name, version string) {
	if l[name] == nil {
		l[name] = map[string]bool{}
	}
	l[name][version] = true
}

func (l list) versions(name string) string {
	var all []string
	for v := range l[name] {
		all = append(all, cmp.Or(v, "?"))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// A tool lists the libraries of all its manifests below a directory, which is a copy and may be written to. own holds the names
// of the directory's own modules.
type tool struct {
	ecosystem string
	list      func(dir string, out, own list) error
}

var tools = map[string]tool{
	"go":    {"go", goList},
	"npm":   {"npm", npmList},
	"pip":   {"pypi", pipList},
	"maven": {"maven", mavenList},
}

func main() {
	bin := flag.String("assay", "bin/assay", "the program")
	dir := flag.String("dir", "", "directory of the system")
	name := flag.String("tool", "", "go, npm, pip or maven")
	flag.Parse()
	t, ok := tools[*name]
	if !ok || *dir == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "libraries: -dir DIR and -tool go|npm|pip|maven are needed")
		os.Exit(2)
	}
	equal, err := compare(*bin, *dir, t)
	if err != nil {
		fmt.Fprintln(os.Stderr, "libraries:", err)
		os.Exit(2)
	}
	if !equal {
		os.Exit(1)
	}
}

func compare(bin, dir string, t tool) (bool, error) {
	tmp, err := os.MkdirTemp("", "libraries-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp)
	work := filepath.Join(tmp, "copy")
	if err := duplicate(dir, work); err != nil {
		return false, err
	}
	want, own := list{}, list{}
	if err := t.list(work, want, own); err != nil {
		return false, err
	}
	for n := range own {
		delete(want, n)
	}
	have, tooling, err := found(bin, dir, filepath.Join(tmp, "document.json"), t.ecosystem)
	if err != nil {
		return false, err
	}
	differences := 0
	say := func(format string, args ...any) {
		differences++
		fmt.Printf(format+"\n", args...)
	}
	for _, n := range slices.Sorted(maps.Keys(want)) {
		switch {
		case have[n] == nil:
			say("missing        %s %s", n, want.versions(n))
		case have.versions(n) != want.versions(n):
			say("other version  %s %s, not %s", n, have.versions(n), want.versions(n))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(have)) {
		if want[n] == nil && !tooling[n] {
			say("extra          %s %s", n, have.versions(n))
		}
	}
	fmt.Printf("%d libraries, %d differ\n", len(want), differences)
	return differences == 0, nil
}

// found returns what assay lists, and the names of what the tool does not list: its own plugins, other lists of requirements.
// Its exit code says what it thinks of the system, which does not matter here.
func found(bin, dir, doc, ecosystem string) (list, map[string]bool, error) {
	cmd := exec.Command(bin, "assess", dir, "-o", "json="+doc)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() == 2 || exit.ExitCode() >= 4) {
		return nil, nil, fmt.Errorf("assay: %w: %s", err, last(stderr.String()))
	}
	data, err := os.ReadFile(doc)
	if err != nil {
		return nil, nil, err
	}
	var d assess.Document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, nil, err
	}
	out, tooling := list{}, map[string]bool{}
	for _, l := range d.Libraries {
		if l.Ecosystem == ecosystem {
			aside := l.Use == "build" || ecosystem == "pypi" && l.Use != "production" // pip is asked for one list only
			tooling[l.Name] = aside && (tooling[l.Name] || out[l.Name] == nil)
			out.add(l.Name, l.Version)
		}
	}
	return out, tooling, nil
}

var leftOut = []string{".git", "node_modules", "target", "vendor", ".venv"}

// duplicate copies the regular files of a directory.
func duplicate(from, to string) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		switch {
		case d.IsDir() && rel != "." && slices.Contains(leftOut, d.Name()):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(at, 0o777)
		case !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(at, data, 0o666)
	})
}

// each calls do for every file of the directory whose name matches.
func each(dir, pattern string, do func(path string) error) error {
	n := 0
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if ok, _ := filepath.Match(pattern, d.Name()); !ok {
			return nil
		}
		n++
		return do(p)
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("there is no %s", pattern)
	}
	return err
}

// run returns what a command writes, also where it fails, with the end of what it complained of as the error.
func run(dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, last(cmp.Or(errs.String(), out.String())))
	}
	return out.String(), nil
}

func last(s string) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-600):]
}

func goList(dir string, out, own list) error {
	return each(dir, "go.mod", func(p string) error {
		const form = `{{if .Main}}main {{.Path}}{{else}}{{with .Replace}}{{$.Path}} {{.Version}}{{else}}{{.Path}} {{.Version}}{{end}}{{end}}`
		text, err := run(filepath.Dir(p), []string{"GOFLAGS=-mod=mod", "GOWORK=off"}, "go", "list", "-m", "-f", form, "all")
		if err != nil {
			return err
		}
		for l := range strings.Lines(text) {
			switch f := strings.Fields(l); {
			case len(f) == 2 && f[0] == "main":
				own.add(f[1], "")
			case len(f) == 2:
				out.add(f[0], f[1])
			} // one field is a directory in place of a module
		}
		return nil
	})
}

type npmNode struct {
	Version      string
	Resolved     string
	Missing      bool
	Dependencies map[string]npmNode
}

func npmList(dir string, out, own list) error {
	return each(dir, "package-lock.json", func(p string) error {
		text, failed := run(filepath.Dir(p), nil, "npm", "ls", "--all", "--json", "--package-lock-only")
		var root npmNode
		if err := json.Unmarshal([]byte(text), &root); err != nil { // it also fails for peers that do not fit
			return cmp.Or(failed, err)
		}
		var walk func(n npmNode)
		walk = func(n npmNode) {
			for name, d := range n.Dependencies {
				if d.Version != "" && !d.Missing && !strings.HasPrefix(d.Resolved, "file:") {
					out.add(name, d.Version)
				}
				walk(d)
			}
		}
		walk(root)
		return nil
	})
}

var separators = regexp.MustCompile(`[-_.]+`)

func pipList(dir string, out, own list) error {
	return each(dir, "requirements.txt", func(p string) error {
		text, err := run(filepath.Dir(p), nil, "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-", "-r", filepath.Base(p))
		if err != nil {
			return err
		}
		var report struct {
			Install []struct {
				Metadata struct{ Name, Version string }
			}
		}
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			return err
		}
		for _, x := range report.Install {
			out.add(strings.ToLower(separators.ReplaceAllString(x.Metadata.Name, "-")), x.Metadata.Version)
		}
		return nil
	})
}

type pom struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Parent   struct {
		Group string `xml:"groupId"`
	} `xml:"parent"`
}

const mavenOut = "libraries-of-maven.txt"

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// mavenList runs Maven where a POM lies below no other, and for those that this does not reach, by themselves. The phase compile is
// needed for modules that need each other, and has nothing to do.
func mavenList(dir string, out, own list) error {
	var poms []string
	if err := each(dir, "pom.xml", func(p string) error {
		poms = append(poms, p)
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		var x pom
		if err := xml.Unmarshal(data, &x); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		own.add(strings.TrimSpace(cmp.Or(x.Group, x.Parent.Group))+":"+strings.TrimSpace(x.Artifact), "")
		return nil
	}); err != nil {
		return err
	}
	slices.SortFunc(poms, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	for _, p := range poms {
		at := filepath.Join(filepath.Dir(p), mavenOut)
		if _, err := os.Stat(at); err == nil {
			continue
		}
		_, failed := run(filepath.Dir(p), nil, "mvn", "-q", "-B", "-fae", "compile", "dependency:list", "-Dmaven.main.skip=true", "-Dmaven.test.skip=true", "-Dmaven.resources.skip=true", "-DoutputFile="+mavenOut)
		if _, err := os.Stat(at); err != nil {
			fmt.Fprintf(os.Stderr, "libraries: not listed by Maven: %s: %v\n", p, failed)
		}
	}
	return each(dir, mavenOut, func(p string) error {
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for l := range strings.Lines(colour.ReplaceAllString(string(data), "")) {
			word, _, _ := strings.Cut(strings.TrimSpace(l), " ")
			if f := strings.Split(word, ":"); len(f) >= 5 {
				out.add(f[0]+":"+f[1], f[len(f)-2])
			}
		}
		return nil
	})
}
