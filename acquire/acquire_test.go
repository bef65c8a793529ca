package acquire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"assay/artefact"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func units(t *testing.T, dir string, o Options) (map[string]artefact.Unit, artefact.Artefact, *Store) {
	t.Helper()
	store := NewStore()
	a, err := Tree(context.Background(), store, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]artefact.Unit{}
	for _, u := range a.Units {
		m[strings.TrimPrefix(u.Path, a.Root+"/")] = u
	}
	return m, a, store
}

// What git ignores is left out and counted, at every depth, unless a later pattern takes it back.
func TestIgnored(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		".gitignore": "*.log\n/out/\n!keep.log\n", "a.py": "", "b.log": "", "keep.log": "", "out/x.py": "", "out/deep/y.py": "",
		"sub/.gitignore": "gen\n", "sub/gen/z.py": "", "sub/out/w.py": "", "gen/v.py": "",
	})
	if out, err := exec.Command("git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command("git", "-C", dir, "add", "a.py").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m, a, _ := units(t, dir, Options{})
	for name, want := range map[string]bool{"a.py": true, "b.log": false, "keep.log": true, "out/x.py": false, "sub/gen/z.py": false, "sub/out/w.py": true, "gen/v.py": true} {
		if _, ok := m[name]; ok != want {
			t.Errorf("%s: taken: %t", name, ok)
		}
	}
	if len(a.LeftOut) != 1 || a.LeftOut[0] != (artefact.LeftOut{Why: "ignored by git", Files: 4}) {
		t.Errorf("left out: %+v", a.LeftOut)
	}
}

// While files are still being found, it is told how many so far, those that git ignores included: a huge directory is not silent.
func TestTellsWhileListing(t *testing.T) {
	dir := t.TempDir()
	for i := range 3000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%04d.txt", i)), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var listing []int
	_, err := Tree(t.Context(), NewStore(), dir, Options{Progress: func(done, total int) {
		if total == 0 {
			listing = append(listing, done)
		}
	}})
	if err != nil || !slices.Equal(listing, []int{3000}) {
		t.Errorf("told %v, %v", listing, err)
	}
}

// A tree without a repository is taken whole: there a pattern would hide what is delivered.
func TestIgnoredWithoutGit(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{".gitignore": "*.py\n", "a.py": ""})
	if m, _, _ := units(t, dir, Options{}); m["a.py"].Path == "" {
		t.Errorf("%v", m)
	}
}

// Pipes and endless files in place of what says something about the tree neither hang nor fill the memory, and what they
// point to outside shows nowhere.
func TestHostileGit(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, map[string]string{"secret": "hunter2"})
	write(t, dir, map[string]string{"a.py": "", ".git/HEAD": "ref: x", ".git/index": "DIRC"})
	for _, name := range []string{".gitignore", ".gitmodules", ".git/packed-refs"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, ".git", "x")); err != nil {
		t.Fatal(err)
	}
	_, a, _ := units(t, dir, Options{})
	if a.Revision != "" {
		t.Errorf("revision %q", a.Revision)
	}
	if _, err := ReadFile(dir, ".gitignore", 100); err == nil {
		t.Error("a pipe is read")
	}
}

// What assay.yaml excludes is left out and counted; an include takes back.
func TestExcluded(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/x.py": "", "a/y.py": "", "b/a/x.py": ""})
	m, a, _ := units(t, dir, Options{Exclude: []string{"a"}, Include: []string{"a/y.py"}})
	if len(m) != 2 || m["a/y.py"].Path == "" || m["b/a/x.py"].Path == "" || a.LeftOut[0].Files != 1 {
		t.Errorf("%v %v", m, a.LeftOut)
	}
}

// No link leads out of the root, none is lost, and a loop of them ends.
func TestLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, map[string]string{"secret.py": "import os", "d/x.py": ""})
	write(t, dir, map[string]string{"real.py": "import a", "d/y.py": ""})
	for name, target := range map[string]string{"inside.py": "real.py", "out.py": filepath.Join(outside, "secret.py"), "up.py": "../" + filepath.Base(outside) + "/secret.py",
		"dir": "d", "outdir": outside, "loop": "loop", "self": ".", "gone.py": "nothing", "hop.py": "out.py"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	m, a, store := units(t, dir, Options{})
	if got, err := store.Get(m["inside.py"].Digest); got != "import a" || err != nil {
		t.Errorf("a link inside: %q %v", got, err)
	}
	for _, name := range []string{"out.py", "up.py", "outdir", "loop", "gone.py", "hop.py"} {
		if m[name].Fault == "" {
			t.Errorf("%s has no fault", name)
		}
		if _, err := store.Get(m[name].Digest); !errors.Is(err, artefact.ErrMissing) {
			t.Errorf("%s has content: %v", name, err)
		}
	}
	if _, ok := m["dir/y.py"]; ok || len(a.LeftOut) != 1 || a.LeftOut[0].Files != 2 {
		t.Errorf("links to directories: %v", a.LeftOut)
	}
}

// What a bound cuts off is a unit with a fault, never a file less.
func TestBounds(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"big.py": strings.Repeat("x", 200), "big.png": strings.Repeat("x", 200), "big.xyz": strings.Repeat("x", 200), "package-lock.json": strings.Repeat(" ", 200), "deep/a/b/c/d.py": ""}
	for i := range 20 {
		files[fmt.Sprintf("z%02d.py", i)] = ""
	}
	write(t, dir, files)
	m, _, _ := units(t, dir, Options{Limits: Limits{File: 100, Lock: 300, Files: 100, Total: 1 << 20, Depth: 3}})
	for name, want := range map[string]artefact.Family{"big.py": artefact.Source, "big.xyz": artefact.Source, "big.png": artefact.Data} {
		if u := m[name]; u.Fault == "" || u.Family != want {
			t.Errorf("%s: %+v", name, u)
		}
	}
	if m["package-lock.json"].Fault != "" {
		t.Error("a lock file may be longer")
	}
	if u := m["deep/a/b/c/(deeper directories)"]; u.Fault == "" || u.Family != artefact.Source {
		t.Errorf("too deep: %+v", u)
	}
	m, a, _ := units(t, dir, Options{Limits: Limits{File: 100, Lock: 300, Files: 5, Total: 1 << 20, Depth: 30}})
	if u := m["(files beyond the limit)"]; u.Fault == "" || u.Family != artefact.Source || len(m) != 6 || len(a.LeftOut) != 1 {
		t.Errorf("too many: %v %v", m, a.LeftOut)
	}
	m, _, _ = units(t, dir, Options{Limits: Limits{File: 1000, Lock: 1000, Files: 100, Total: 300, Depth: 30}})
	n := 0
	for _, u := range m {
		if strings.Contains(u.Fault, "more than 300 bytes") {
			n++
		}
	}
	if n == 0 {
		t.Error("the total has no bound")
	}
}

// A store gives what was there, or nothing: a file that changes after it was acquired is missing.
func TestStoreChecks(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.py": "1"})
	m, _, store := units(t, dir, Options{})
	write(t, dir, map[string]string{"a.py": "2"})
	if _, err := store.Get(m["a.py"].Digest); !errors.Is(err, artefact.ErrMissing) {
		t.Errorf("changed content: %v", err)
	}
}

// Pipes and sockets are not opened; names that are not text are written out.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.py": ""})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.py"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b\xff\n.py"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	m, _, _ := units(t, dir, Options{})
	if _, ok := m[`b\xff\x0a.py`]; !ok || len(m) != 3 || m["pipe.py"].Fault == "" {
		t.Errorf("%v", m)
	}
}

func TestSubmodule(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{".gitmodules": "[submodule \"x\"]\n\tpath = libs/x\n\turl = https://git.example/x\n[submodule \"y\"]\n\tpath = libs/y\n", "libs/y/a.py": ""})
	m, _, _ := units(t, dir, Options{})
	if u := m["libs/x/(submodule)"]; u.Fault == "" || u.Family != artefact.Source {
		t.Errorf("%+v", m)
	}
	if _, ok := m["libs/y/(submodule)"]; ok {
		t.Error("a submodule that is there has a fault")
	}
}

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		path, data string
		family     artefact.Family
		language   string
		class      artefact.Class
	}{
		{"src/main/java/A.java", "", artefact.Source, "java", artefact.Production},
		{"src/test/java/ATest.java", "", artefact.Source, "java", artefact.Test},
		{"src/main/java/it/shop/A.java", "", artefact.Source, "java", artefact.Production},
		{"src/main/java/com/example/A.java", "", artefact.Source, "java", artefact.Production},
		{"src/main/java/org/acme/samples/test/A.java", "", artefact.Source, "java", artefact.Production},
		{"src/com/example/A.java", "", artefact.Source, "java", artefact.Production},
		{"src/test/java/com/acme/A.java", "", artefact.Source, "java", artefact.Test},
		{"examples/src/main/java/com/acme/A.java", "", artefact.Source, "java", artefact.Example},
		{"pkg/a_test.go", "", artefact.Source, "go", artefact.Test},
		{"pkg/a.go", "// Code generated by x. DO NOT EDIT.\n\npackage a", artefact.Source, "go", artefact.Generated},
		{"pkg/b.go", "package b // Code generated by x. DO NOT EDIT.", artefact.Source, "go", artefact.Production},
		{"Dockerfile", "", artefact.Recipe, "dockerfile", artefact.Production},
		{"docker/Dockerfile.dev", "", artefact.Recipe, "dockerfile", artefact.DevProfile},
		{"collect/dockerfile.go", "", artefact.Source, "go", artefact.Production},
		{"web/nginx.conf.template", "", artefact.Config, "nginx", artefact.Production},
		{"web.Dockerfile", "", artefact.Recipe, "dockerfile", artefact.Production},
		{"docker-compose.yml", "", artefact.Deployment, "compose", artefact.Production},
		{"compose.override.yaml", "", artefact.Deployment, "compose", artefact.DevProfile},
		{"stack.yml", "version: '3'\nservices:\n  a:\n    image: b\n", artefact.Deployment, "compose", artefact.Production},
		{"k8s/a.yaml", "apiVersion: v1\nkind: Pod\n", artefact.Deployment, "kubernetes", artefact.Production},
		{"k8s/flow.yaml", `{"kind": "Deployment", "apiVersion": "apps/v1"}`, artefact.Deployment, "kubernetes", artefact.Production},
		{"k8s/list.yaml", "- apiVersion: v1\n  kind: Pod\n", artefact.Deployment, "kubernetes", artefact.Production},
		{"k8s/.prod.yaml", "apiVersion: v1\nkind: Pod\n", artefact.Deployment, "kubernetes", artefact.Production},
		{"k8s/a.json", `{"kind":"Deployment","apiVersion":"apps/v1"}`, artefact.Deployment, "kubernetes", artefact.Production},
		{"src/schema.json", `{"properties":{"apiVersion":{},"kind":{}}}`, artefact.Config, "json", artefact.Production},
		{"pricing.yml", "services:\n  a:\n    image: b\n", artefact.Deployment, "compose", artefact.Production},
		{"img/logo.png", "PK\x03\x04", artefact.Source, "binary", artefact.Production},
		{"lib/gradle-wrapper.jar", "PK\x03\x04", artefact.Source, "binary", artefact.Production},
		{"gradle/wrapper/gradle-wrapper.jar", "PK\x03\x04", artefact.Data, "build tool", artefact.Production},
		{"doc/a.docx", "PK\x03\x04", artefact.Data, "", artefact.Production},
		{"conf/a.yaml", "a: 1\n", artefact.Config, "yaml", artefact.Production},
		{".github/workflows/ci.yml", "on: push", artefact.Pipeline, "github-actions", artefact.Build},
		{".github/actions/build/action.yml", "runs: {}", artefact.Pipeline, "github-actions", artefact.Build},
		{".gitlab-ci.yml", "", artefact.Pipeline, "gitlab-ci", artefact.Build},
		{".gitlab/ci/build.yml", "build: {}", artefact.Pipeline, "gitlab-ci-include", artefact.Build},
		{"ci/deploy.gitlab-ci.yml", "build: {}", artefact.Pipeline, "gitlab-ci-include", artefact.Build},
		{"ci/Jenkinsfile.deploy", "node {}", artefact.Pipeline, "jenkins", artefact.Build},
		{"release.jenkinsfile", "node {}", artefact.Pipeline, "jenkins", artefact.Build},
		{"src/jenkinsfile.py", "", artefact.Source, "python", artefact.Production},
		{"azure-pipelines-release.yml", "steps: []", artefact.Pipeline, "azure-pipelines", artefact.Build},
		{".azure-pipelines/steps.yml", "steps: []", artefact.Pipeline, "azure-pipelines", artefact.Build},
		{".woodpecker/test.yaml", "steps: []", artefact.Pipeline, "woodpecker", artefact.Build},
		{".drone.star", "def main(ctx): pass", artefact.Pipeline, "drone-computed", artefact.Build},
		{".tekton/push.yaml", "apiVersion: tekton.dev/v1\nkind: PipelineRun\n", artefact.Pipeline, "tekton", artefact.Build},
		{".appveyor.yml", "build: off", artefact.Pipeline, "appveyor", artefact.Build},
		{"Taskfile.yaml", "tasks: {}", artefact.Script, "taskfile", artefact.Production},
		{"requirements.txt", "flask==1\n", artefact.Manifest, "pip", artefact.Production},
		{"requirements.txt", "flask==1\n    # via -r requirements.in\n", artefact.Lock, "pip-lock", artefact.Production},
		{"requirements-dev.txt", "pytest\n", artefact.Manifest, "pip", artefact.Test},
		{"src/App/App.csproj", "", artefact.Manifest, "dotnet", artefact.Production},
		{"tests/App.Tests/App.Tests.csproj", "", artefact.Manifest, "dotnet", artefact.Test},
		{"App.Tests/App.Tests.csproj", "", artefact.Manifest, "dotnet", artefact.Test},
		{"static/jquery-3.1.js", "", artefact.Source, "javascript", artefact.Vendored},
		{"static/app.js", "x=1;" + strings.Repeat("a", 9000), artefact.Source, "javascript", artefact.Vendored},
		{"lib/tool.jar", "PK\x03\x04", artefact.Source, "binary", artefact.Production},
		{"run", "#!/usr/bin/env python3\nimport os\n", artefact.Source, "python", artefact.Production},
		{"deploy", "#!/bin/sh\n", artefact.Script, "shell", artefact.Production},
		{"strange.qqq", "whatever this may be\n", artefact.Source, "", artefact.Production},
		{".cloudignore", "*.log\n", artefact.Data, "gitignore", artefact.Production},
		{"src/ignore", "whatever this may be\n", artefact.Source, "", artefact.Production},
		{".yamllint", "rules: {}\n", artefact.Data, "", artefact.Production},
		{"auth/signing.jwk", `{"kty":"RSA"}`, artefact.Config, "json", artefact.Production},
		{"model.bin2", "\x00\x01\x02", artefact.Data, "", artefact.Production},
		{"server", "\x7fELF\x00", artefact.Source, "binary", artefact.Production},
		{"main.rb", "puts 1", artefact.Source, "ruby", artefact.Production},
		{"examples/a/main.py", "", artefact.Source, "python", artefact.Example},
		{"vendor/x/y.go", "", artefact.Source, "go", artefact.Vendored},
		{"README.md", "", artefact.Document, "", artefact.Production},
		{"assay.yaml", "", artefact.Declaration, "assay", artefact.Production},
	} {
		k := classify(tt.path, []byte(tt.data))
		if c := class(tt.path, k, []byte(tt.data)); k != (kind{tt.family, tt.language}) || c != tt.class {
			t.Errorf("%s: %s %q %s, want %s %q %s", tt.path, k.family, k.language, c, tt.family, tt.language, tt.class)
		}
	}
}

// Charts, kustomizations and compose files get what they refer to, and nothing else; their digest changes with any part.
func TestBundles(t *testing.T) {
	files := map[string]string{
		"chart/Chart.yaml": "name: a", "chart/values.yaml": "a: 1", "chart/templates/d.yaml": "apiVersion: v1\nkind: Pod\n", "chart/charts/sub/Chart.yaml": "name: sub",
		"base/kustomization.yaml": "resources: [d.yaml]", "base/d.yaml": "apiVersion: v1\nkind: Pod\n", "over/kustomization.yaml": "resources:\n- ../base\npatches:\n- path: p.yaml\n", "over/p.yaml": "a: 1", "over/other.yaml": "b: 1",
		"compose.yaml": "include: [inc/more.yaml]\nservices: {a: {env_file: ./a.env}}", "inc/more.yaml": "services: {b: {extends: {file: ../ext.yaml, service: c}}}", "ext.yaml": "services: {c: {image: d}}", "a.env": "A=1", ".env": "T=1", "unrelated.yaml": "x: 1",
	}
	dir := t.TempDir()
	write(t, dir, files)
	m, _, _ := units(t, dir, Options{})
	for name, want := range map[string][]string{
		"chart/Chart.yaml":        {"charts/sub/Chart.yaml", "templates/d.yaml", "values.yaml"},
		"over/kustomization.yaml": {"../base/d.yaml", "../base/kustomization.yaml", "p.yaml"},
		"compose.yaml":            {".env", "a.env", "ext.yaml", "inc/more.yaml"},
	} {
		var got []string
		for _, p := range m[name].Parts {
			got = append(got, p.Path)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: parts %v, want %v", name, got, want)
		}
	}
	if m["chart/charts/sub/Chart.yaml"].Family != artefact.Data || m["chart/templates/d.yaml"].Family != artefact.Data {
		t.Error("the files of a chart are read as a part of it")
	}
	write(t, dir, map[string]string{"base/d.yaml": "apiVersion: v1\nkind: Service\n"})
	n, _, _ := units(t, dir, Options{})
	if n["over/kustomization.yaml"].Digest == m["over/kustomization.yaml"].Digest || n["over/kustomization.yaml"].File() != m["over/kustomization.yaml"].File() {
		t.Error("a bundle does not change with its parts")
	}
}

// A chart hides nothing that lies beside it: sources, manifests and deployments stay what they are.
func TestChartHidesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"Chart.yaml": "name: a", "values.yaml": "a: 1", "templates/d.yaml": "apiVersion: v1\nkind: Pod\n", "templates/x.py": "import evil",
		"main.py": "import evil", "pom.xml": "<project/>", "k8s/d.yaml": "apiVersion: v1\nkind: Pod\n", "compose.yaml": "services: {}", "Dockerfile": "FROM scratch", "strange.qqq": "?"})
	m, _, _ := units(t, dir, Options{})
	for name, want := range map[string]artefact.Family{"values.yaml": artefact.Data, "templates/d.yaml": artefact.Data, "templates/x.py": artefact.Source, "main.py": artefact.Source,
		"pom.xml": artefact.Manifest, "k8s/d.yaml": artefact.Deployment, "compose.yaml": artefact.Deployment, "Dockerfile": artefact.Recipe, "strange.qqq": artefact.Source, "Chart.yaml": artefact.Deployment} {
		if m[name].Family != want {
			t.Errorf("%s is %s, want %s", name, m[name].Family, want)
		}
	}
}

// The memo gives back what was put, forgets what is damaged, and is safe for several at once.
func TestMemo(t *testing.T) {
	dir := t.TempDir()
	warned := 0
	m, err := OpenMemo(dir, func(string) { warned++ })
	if err != nil {
		t.Fatal(err)
	}
	key := func(i int) artefact.Digest { return artefact.Hash(fmt.Sprint(i)) }
	var wg sync.WaitGroup
	for range 4 {
		other, err := OpenMemo(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for i := range 50 {
				other.Put(key(i), fmt.Append(nil, "value ", i))
				if v, ok := other.Get(key(i)); ok && string(v) != fmt.Sprint("value ", i) {
					t.Errorf("%d: %q", i, v)
				}
			}
		})
	}
	wg.Wait()
	p := m.path(key(7))
	data, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) {
		if err := os.WriteFile(p, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := m.Get(key(7)); ok {
			t.Fatalf("an entry cut off at byte %d is taken", n)
		}
	}
	if other, err := os.ReadFile(m.path(key(8))); err != nil || os.WriteFile(p, other, 0o600) != nil {
		t.Fatal(err)
	} else if v, ok := m.Get(key(7)); ok {
		t.Errorf("an entry stands for another: %q", v)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Get(key(7)); ok || warned != 1 {
		t.Errorf("a flipped bit is taken, or %d warnings", warned)
	}
	if _, err := os.Stat(p); !os.IsNotExist(err) {
		t.Error("a damaged entry stays")
	}
}

// Pruning removes what was not used for longest.
func TestPrune(t *testing.T) {
	m, err := OpenMemo(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		k := artefact.Hash(fmt.Sprint(i))
		m.Put(k, make([]byte, 1000))
		old := time.Now().Add(-time.Duration(10-i) * time.Hour)
		if err := os.Chtimes(m.path(k), old, old); err != nil {
			t.Fatal(err)
		}
	}
	m.Prune(5500)
	for i := range 10 {
		if _, ok := m.Get(artefact.Hash(fmt.Sprint(i))); ok != (i >= 5) {
			t.Errorf("%d is there: %t", i, ok)
		}
	}
}
