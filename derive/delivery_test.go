package derive

import (
	"slices"
	"strings"
	"testing"

	"assay/fact"
)

// orders is a component of two directories of languages, with tests in each.
func orders(more ...fact.Fact) []fact.Fact {
	test := func(unit, language string) fact.TestCase {
		return fact.TestCase{Language: language, Name: "t", Asserts: 1, Site: at(unit)}
	}
	return append([]fact.Fact{
		fact.Component{Name: "orders", Kind: "service", Origin: "own"},
		fact.Matched{Component: "orders", Image: "registry.example/shop/orders", Dir: "main/orders", How: "build context"},
		source("main/orders/main.go", "go"), source("main/orders/main_test.go", "go"), manifest("main/orders/go.mod", "go"),
		source("main/orders/app/app.py", "python"), source("main/orders/app/test_app.py", "python"),
		source("main/orders/web/x.test.js", "javascript"), manifest("main/orders/web/package.json", "npm"),
		fact.Unit{Path: "main/orders/Makefile", Family: "script", Language: "makefile", Class: "build"},
		test("main/orders/main_test.go", "go"), test("main/orders/app/test_app.py", "python"), test("main/orders/web/x.test.js", "javascript"),
		fact.Target{Tool: "npm", Name: "test", Commands: []string{"vitest run"}, Site: at("main/orders/web/package.json")},
		fact.Target{Tool: "npm", Name: "lint", Commands: []string{"eslint ."}, Site: at("main/orders/web/package.json")},
		fact.Target{Tool: "make", Name: "test", Commands: []string{"@go vet ./...", "go test ./..."}, Site: at("main/orders/Makefile")},
		fact.Target{Tool: "make", Name: "lax", Commands: []string{"-go test ./..."}, Site: at("main/orders/Makefile")},
	}, more...)
}

// deliver applies Delivery to what one job of one system runs, in steps.
func deliver(system, shell string, steps ...string) (Output, []string) {
	facts := orders(fact.Trigger{System: system, Kind: "push", Branches: []string{"main"}, Site: at("main/ci")}, fact.Job{System: system, Name: "j", Site: at("main/ci")})
	for i, text := range steps {
		facts = append(facts, fact.Step{System: system, Job: "j", Index: i, Text: text, Shell: shell, Site: fact.Site{Unit: "main/ci", Ordinal: i}})
	}
	b := new(fact.Base)
	b.Add("orders", libraryRows(facts)...)
	out := Delivery.Apply(Delivery.View(b, "orders"), "orders")
	var said []string
	for _, r := range out.Rows {
		switch f := r.Fact.(type) {
		case fact.TestRun:
			s := "run " + f.Command
			if f.Off != "" {
				s += " OFF"
			} else if f.Doubt != "" {
				s += " ?"
			}
			said = append(said, s)
		case fact.Gate:
			said = append(said, "gate "+f.Status)
		}
	}
	for _, g := range out.Gaps {
		if g.Predicate == "Gate" {
			said = append(said, "lost")
		}
	}
	slices.Sort(said)
	return out, slices.Compact(said)
}

// What a shell text tests and delivers, and whether a failure of it stops what comes after.
func TestDeliveryShell(t *testing.T) {
	const push = "\ndocker push registry.example/shop/orders"
	for _, tt := range []struct{ shell, text, want string }{
		{"errexit", "cd orders\ngo test ./..." + push, "gate gated, run go test ./..."},
		{"last", "cd orders\ngo test ./..." + push, "gate off, run go test ./... OFF"},
		{"last", "cd orders && go test ./... && docker push registry.example/shop/orders", "gate gated, run go test ./..."},
		{"errexit", "cd orders; go test ./... || true" + push, "gate off, run go test ./... OFF"},
		{"errexit", "cd orders; go test ./... || echo failed" + push, "gate off, run go test ./... OFF"},
		{"last", "cd orders; go test ./... || exit 1" + push, "gate gated, run go test ./..."},
		{"last", "cd orders; go test ./... || { echo failed; exit 1; }" + push, "gate gated, run go test ./..."},
		{"errexit", "set +e\ncd orders; go test ./..." + push, "gate off, run go test ./... OFF"},
		{"errexit", "cd orders; go test ./... &" + push, "gate off, run go test ./... OFF"},
		{"errexit", "cd orders; go test ./... | tee log" + push, "gate open, run go test ./... ?"},
		{"errexit", "set -o pipefail; cd orders; go test ./... | tee log" + push, "gate gated, run go test ./..."},
		{"errexit", "cd orders; if [ -n \"$X\" ]; then go test ./...; fi" + push, "gate open, run go test ./... ?"},
		{"errexit", "cd orders; if go test ./...; then docker push registry.example/shop/orders; fi", "gate gated, run go test ./... ?"},
		{"last", "cd orders; if ! go test ./...; then exit 1; fi" + push, "gate gated, run go test ./..."},
		{"errexit", "(cd orders && go test ./...)" + push, "gate gated, run go test ./..."},
		{"errexit", "cd orders; go test ./... && echo fine" + push, "gate open, run go test ./... ?"},
		{"errexit", "go test ./..." + push, "gate ungated"}, // another module
		{"errexit", "cd orders; go test ./other/..." + push, "gate ungated"},
		{"errexit", "cd \"$X\"; go test ./..." + push, "gate open, run go test ./... ?"},
		{"errexit", "cd mailer; go test ./..." + push, "gate ungated"},
		{"errexit", "pytest orders" + push, "gate gated, run pytest orders"},
		{"errexit", "pytest mailer" + push, "gate ungated"},
		{"errexit", "pytest" + push, "gate gated, run pytest"},
		{"errexit", "pytest --collect-only" + push, "gate ungated, run pytest --collect-only OFF"},
		{"errexit", "for d in orders mailer; do (cd $d && go test ./...); done" + push, "gate gated, run go test ./..."},
		{"errexit", "for d in */; do (cd $d && go test ./...); done" + push, "gate open, run go test ./... ?"},
		{"errexit", "check() { cd $1; go test ./...; }\ncheck orders" + push, "gate gated, run go test ./..."},
		{"errexit", "check() { cd $1; go test ./...; }\ncheck mailer" + push, "gate ungated"},
		{"errexit", "make -C orders test" + push, "gate gated, run go test ./..."},
		{"errexit", "make -C orders lax" + push, "gate off, run go test ./... OFF"},
		{"errexit", "make -C orders -i test" + push, "gate off, run go test ./... OFF"},
		{"errexit", "make -C orders deploy" + push, "gate open, lost"},
		{"errexit", "make -C mailer test" + push, "gate ungated"},
		{"errexit", "npm --prefix orders/web test" + push, "gate gated, run vitest run"},
		{"errexit", "npm --prefix orders/web run lint" + push, "gate ungated"},
		{"errexit", "cd orders/web; npm run none --if-present" + push, "gate ungated"},
		{"errexit", "cd orders/web; npx vitest@2 run" + push, "gate gated, run vitest run"},
		{"errexit", "bash -c 'cd orders && go test ./...'" + push, "gate gated, run go test ./..."},
		{"errexit", "sudo -E env CI=1 timeout 60 pytest orders" + push, "gate gated, run pytest orders"},
		{"errexit", "docker push registry.example/shop/mailer", "gate elsewhere"},
		{"errexit", "docker push registry.example/shop/$NAME", "gate unclear"},
		{"errexit", "NAME=orders; docker push registry.example/shop/$NAME:1", "gate ungated"},
		{"errexit", "docker build -t x:1 orders; docker tag x:1 y:2; docker push y:2", "gate elsewhere"}, // there is no Dockerfile
		{"errexit", "kubectl apply --dry-run=client -f orders", ""},
		{"errexit", "echo kubectl apply -f orders", ""},
		{"errexit", "kubectl apply -f orders/k8s", "gate ungated"},
		{"errexit", "kubectl apply -f mailer/k8s", "gate elsewhere"},
		{"errexit", "./ci/ship.sh", "gate elsewhere"}, // no component's, or another's
		{"errexit", "./orders/ship.sh", "lost"},
		{"errexit", "ourtool deploy orders", "lost"},
		{"errexit", "if then fi (", "lost"},
		{"python", "print(1)", "lost"},
		{"errexit", "git push origin main\napt-get install release", ""},
	} {
		_, said := deliver("github-actions", tt.shell, tt.text)
		if got := strings.Join(said, ", "); got != tt.want {
			t.Errorf("%s %q: %s, want %s", tt.shell, tt.text, got, tt.want)
		}
	}
}

// A step counts as its system has it.
func TestDeliverySteps(t *testing.T) {
	_, said := deliver("gitlab-ci", "errexit", "cd orders; go test ./... | tee log", "docker push registry.example/shop/orders")
	if got := strings.Join(said, ", "); got != "gate gated, run go test ./..." {
		t.Error(got) // GitLab sets pipefail
	}
	_, said = deliver("github-actions", "last", "cd orders\ngo test ./...\necho done", "docker push registry.example/shop/orders")
	if got := strings.Join(said, ", "); got != "gate off, run go test ./... OFF" {
		t.Error(got)
	}
	_, said = deliver("github-actions", "last", "cd orders\ngo test ./...", "docker push registry.example/shop/orders")
	if got := strings.Join(said, ", "); got != "gate gated, run go test ./..." {
		t.Error(got)
	}
}

// What hides in a pipeline that could not be read keeps every gate open; a script that nothing calls does not.
func TestDeliveryGaps(t *testing.T) {
	for _, tt := range []struct {
		gap  fact.Gap
		want bool
	}{
		{fact.Gap{Predicate: "Step", Unit: "main/ci", Kind: "unresolved"}, true},
		{fact.Gap{Predicate: "Job", Unit: "main/ci", Kind: "unparsed"}, true},
		{fact.Gap{Predicate: "Trigger", Unit: "main/ci", Kind: "unresolved"}, false},
		{fact.Gap{Predicate: "Target", Unit: "main/run.ps1", Kind: "unread"}, false},
		{fact.Gap{Predicate: "TestCase", Unit: "main/orders/x.cob", Kind: "unread"}, false},
		{fact.Gap{Predicate: "Component", Unit: "", Kind: "unread"}, true},
	} {
		b := new(fact.Base)
		b.Add("orders", libraryRows(orders())...)
		b.Lack("orders", fact.GapRow{Gap: tt.gap})
		out := Delivery.Apply(Delivery.View(b, "orders"), "orders")
		got, named := false, false
		for _, g := range out.Gaps {
			got = got || g.Predicate == "Gate"
			named = named || slices.Contains(g.Origin, tt.gap)
		}
		if got != tt.want || !named {
			t.Errorf("%v: a gap in Gate: %t, want %t; named: %t", tt.gap, got, tt.want, named)
		}
	}
}

// Whatever a pipeline holds, following it ends and never panics.
func FuzzDeliveryShell(f *testing.F) {
	for _, s := range []string{"for a in 1 2; do for b in 1 2; do go test ./...; done; done", "f() { f; }; f", "x=$x$x; docker push $x", "case $1 in a) make;; esac", "bash -c \"$(cat x)\"", "docker build -f", "mvn -pl", "npm --prefix", "make -C", "kubectl apply -f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, _ := deliver("github-actions", "errexit", text)
		for _, g := range out.Gaps {
			if g.Kind == "failed" {
				t.Fatal(g.Text)
			}
		}
	})
}
