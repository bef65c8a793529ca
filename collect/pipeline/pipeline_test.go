package pipeline

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"assay/artefact"
	"assay/collect"
	"assay/collect/config/read/cases"
)

func TestCases(t *testing.T) { cases.All(t, All) }

// fuzz feeds a collector with its cases and what comes of them.
func fuzz(f *testing.F, c *collect.Collector) {
	language := c.Accepts[0].Language
	files, _ := filepath.Glob(filepath.Join("testdata", language, "*.txtar"))
	if len(files) == 0 {
		f.Fatal("no cases")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(txtar.Parse(data).Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, data string) {
		in := collect.Input{Family: artefact.Pipeline, Language: language, Data: data}
		first := cases.Extract(t, c, in)
		if again := cases.Show(cases.Extract(t, c, in)); again != cases.Show(first) {
			t.Errorf("twice the same is not the same:\n%s\n%s", cases.Show(first), again)
		}
	})
}

func FuzzGitHub(f *testing.F)     { fuzz(f, GitHub) }
func FuzzGitLab(f *testing.F)     { fuzz(f, GitLab) }
func FuzzJenkins(f *testing.F)    { fuzz(f, Jenkins) }
func FuzzCircleCI(f *testing.F)   { fuzz(f, CircleCI) }
func FuzzAzure(f *testing.F)      { fuzz(f, Azure) }
func FuzzTravis(f *testing.F)     { fuzz(f, Travis) }
func FuzzTekton(f *testing.F)     { fuzz(f, Tekton) }
func FuzzBitbucket(f *testing.F)  { fuzz(f, Bitbucket) }
func FuzzWoodpecker(f *testing.F) { fuzz(f, Woodpecker) }
func FuzzDrone(f *testing.F)      { fuzz(f, Drone) }
func FuzzCloudBuild(f *testing.F) { fuzz(f, CloudBuild) }

// What is too large, too deep or too much, or multiplies itself by aliases, templates and commands, ends in an error or a gap,
// and soon.
func TestBounds(t *testing.T) {
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(format, "%", strconv.Itoa(i)))
		}
		return b.String()
	}
	huge := strings.Repeat("#", maxFile+1)
	deep := "a: " + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	long := "x: &x '" + strings.Repeat("a b ", 100_000) + "'\n"
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n" + lines(9, "b%: &b% [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n")
	for name, tt := range map[string]struct {
		c    *collect.Collector
		data string
	}{
		"jobs":       {GitLab, lines(2_100, "j%: {script: [x]}\n")},
		"needs":      {GitLab, "stages: [a, b]\n" + lines(900, "j%: {stage: a, script: [x]}\n") + lines(900, "k%: {stage: b, script: [x]}\n")},
		"extends":    {GitLab, ".t0: {script: [x]}\n" + lines(30, ".u%: {extends: [.u%, .t0]}\n") + "j: {extends: .u3}\n"},
		"references": {GitLab, ".r0: {script: [x, x]}\n" + lines(12, ".s%: {script: &s% [!reference [.s%, script], x]}\n") + "j: {script: [!reference [.s3, script]]}\n"},
		"text":       {GitLab, long + "j: {script: [*x]}\n"},
		"texts":      {Travis, long + "script: [" + strings.Repeat("*x, ", 300) + "*x]\n"},
		"steps":      {GitHub, "on: push\njobs: {a: {runs-on: x, steps: [\n" + lines(20_100, "  {run: x},\n") + "]}}\n"},
		"commands": {CircleCI, "version: 2.1\ncommands:\n  c0: {steps: [{run: x}]}\n" + lines(15, "  d%: {steps: [e%, e%, e%, e%, c0]}\n  e%: {steps: [d%, d%, d%]}\n") +
			"jobs: {build: {docker: [{image: a}], steps: [d0]}}\n"},
		"functions": {Jenkins, lines(10, "def f%() { f%(); f%(); g%() }\ndef g%() { f%(); f%() }\n") + "node { stage('x') { f1() } }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			x := cases.Extract(t, tt.c, collect.Input{Family: artefact.Pipeline, Language: tt.c.Accepts[0].Language, Data: tt.data})
			if len(x.Gaps) == 0 {
				t.Error("no gap")
			}
		})
	}
	for _, c := range All {
		for name, data := range map[string]string{"huge": huge, "deep": deep, "bomb": bomb} {
			x := cases.Extract(t, c, collect.Input{Family: artefact.Pipeline, Language: c.Accepts[0].Language, Data: data})
			if len(x.Gaps) == 0 {
				t.Errorf("%s: %s: no gap", c.Name, name)
			}
		}
	}
}
