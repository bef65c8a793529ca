package derive_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/collect/config"
	"assay/collect/deployment"
	"assay/collect/library"
	"assay/collect/source"
	"assay/derive"
	"assay/fact"
)

// derived runs the first derivations on a small system, up to the one that is given.
func derived(t testing.TB, files []txtar.File, last ...[]*derive.Derivation) *assess.Assessment {
	dir := t.TempDir()
	for _, f := range files {
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	store := acquire.NewStore()
	t.Cleanup(func() { store.Close() })
	a, err := acquire.Tree(context.Background(), store, dir, acquire.Options{ID: "main", At: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	e := &assess.Engine{Salt: "derived", Day: "2026-11-24", Collectors: slices.Concat(source.All, deployment.All, config.All, library.All),
		Strata: slices.Concat([][]*derive.Derivation{{derive.Components}, {derive.HandedOut}, {derive.Configuration}, {derive.Libraries}}, last)}
	return e.Assess([]artefact.Artefact{a}, store, nil)
}

// interfacesText renders what each component of a small system offers and asks, with places, and what keeps it from being known.
func interfacesText(t testing.TB, files []txtar.File) string {
	x := derived(t, files, []*derive.Derivation{derive.Interfaces})
	var b strings.Builder
	for _, c := range x.Plan.Components {
		var lines []string
		for _, k := range derive.Interfaces.Emits {
			for _, r := range x.Base.Rows(c, k) {
				var at []string
				for _, p := range x.Base.Places([]string{c}, r.Ref()) {
					at = append(at, strings.TrimPrefix(p.String(), "main/"))
				}
				lines = append(lines, "  "+interfaceText(r.Fact)+" @ "+strings.Join(at, " "))
			}
			for _, g := range x.Base.Gaps(c, k) {
				if g.Kind == "unparsed" || strings.Contains(g.Text, "is not known what its calls mean") {
					lines = append(lines, fmt.Sprintf("  gap %s %s %s", g.Predicate, strings.TrimPrefix(g.Unit, "main/"), g.Kind))
				}
			}
		}
		slices.Sort(lines)
		if len(lines) > 0 {
			fmt.Fprintf(&b, "%s\n%s\n", c, strings.Join(lines, "\n"))
		}
	}
	return b.String()
}

func interfaceText(f fact.Fact) string {
	words := []string{fact.Name(f)}
	say := func(name string, v any) {
		if s := fmt.Sprint(v); s != "" && s != "[]" && s != "0" && s != "false" {
			if name != "" {
				s = name + "=" + s
			}
			words = append(words, s)
		}
	}
	switch f := f.(type) {
	case fact.Endpoint:
		say("", f.Protocol)
		say("", f.Method)
		say("", f.Path)
		say("", f.Params)
		say("handler", f.Handler)
		say("generated", f.Generated)
		say("by", f.Framework)
	case fact.Guard:
		say("", f.Rule)
		say("", f.Mechanism)
		say("detail", f.Detail)
		say("", f.Method)
		say("", f.Path)
		say("handler", f.Handler)
		say("order", f.Order)
	case fact.Listens:
		say("", f.Protocol)
		say("", shown(f.Port))
		say("tls", f.TLS)
	case fact.Request:
		say("", f.Protocol)
		say("", f.Method)
		say("target", shown(f.Target))
		say("path", shown(f.Path))
		say("", f.With)
		say("by", f.Framework)
	case fact.Connection:
		say("", f.Kind)
		say("", f.Technology)
		say("", shown(f.Target))
		say("user", f.User)
		say("credentials", f.Credentials)
		say("tls", f.TLS)
		say("", f.With)
		say("", f.Options)
	case fact.Topic:
		say("", f.Technology)
		say("", f.Direction)
		say("", shown(f.Name))
	case fact.Capability:
		say("", f.Name)
		say("by", f.By)
		say("", f.Detail)
	case fact.Secures:
		say("", f.Role)
		say("", f.Protocol)
		say("port", f.Port)
		say("name", f.Name)
		say("mode", f.Mode)
		say("least", f.Least)
		say("versions", f.Versions)
		say("suites", f.Suites)
		say("certificates", f.Certificates)
		say("open", f.Open)
		say("by", f.Framework)
	case fact.Forward:
		say("", f.Method)
		say("", f.Path)
		say("to", shown(f.Target))
		say("by", f.Framework)
	}
	return strings.Join(words, " ")
}

// Each case is a small system, and what its components offer and ask: a sentence on what it shows, files, and a last section named want.
func TestInterfaces(t *testing.T) {
	cases, err := filepath.Glob("testdata/interfaces/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(ar.Files) < 2 || ar.Files[len(ar.Files)-1].Name != "want" || len(bytes.TrimSpace(ar.Comment)) == 0 {
				t.Fatal("a case is a sentence, files, and a last section named want")
			}
			want := &ar.Files[len(ar.Files)-1]
			got := interfacesText(t, ar.Files[:len(ar.Files)-1])
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if string(want.Data) != got {
				t.Errorf("got:\n%swant:\n%s", got, want.Data)
			}
		})
	}
}
