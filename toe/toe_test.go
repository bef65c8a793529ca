package toe

import (
	"errors"
	"strings"
	"testing"
)

const whole = `# everything there is
version: 1
name: shop
roots: [{id: config, path: ../config}]
components:
  - {name: orders, kind: service, origin: own, paths: [orders], images: [shop/orders]}
include: [docs/api]
exclude: [docs]
parameters: {auth6.max_attempts: 5}
libraries: [{library: left-pad, ecosystem: npm, component: web, why: padding}]
sensitive: [{name: email, class: pii, where: orders}]
third_parties: [{name: mail, hosts: [smtp.example, "*.mail.example"], purpose: mails, data: [personal]}]
closed_subnets: [{name: inner, components: [orders], proof: policy.yaml}]
evidence: [{file: cap.pcap, kind: network capture, observed: 2026-11-01}]
endpoints: [{component: orders, url: "https://localhost", recipe: burst, credentials_ref: vault}]
`

func TestWhole(t *testing.T) {
	f, err := Parse("assay.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "shop" || f.Components[0].Line != 6 || f.Libraries[0].Line != 10 || f.Parameters["auth6.max_attempts"] != "5" || f.Line("auth6.max_attempts") != 9 || f.Endpoints[0].Credentials != "vault" {
		t.Errorf("%+v", f)
	}
}

// Every error names the file and the line; none is passed over.
func TestErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "assay.yaml:1: the file is empty"},
		{"name: x", "assay.yaml:1: version must be 1"},
		{"version: 2", "assay.yaml:1: version must be 1"},
		{"version: 1\nnme: x", `assay.yaml:2:1: there is no key "nme" in the file`},
		{"version: 1\nname: x\nname: y", `assay.yaml:3:1: "name" stands twice`},
		{"version: 1\ncomponents:\n  - name: a\n    pahts: [b]", `assay.yaml:4:5: there is no key "pahts" in components[0]`},
		{"version: 1\ncomponents: orders", "assay.yaml:2:13: components must be a list"},
		{"version: 1\nname: [a]", "assay.yaml:2:7: name must be a single value"},
		{"version: 1\nexclude: &a [b]\ninclude: *a", "assay.yaml:3:10: aliases are not used here"},
		{"version: 1\ncomponents: [{kind: service}]", "assay.yaml:2: a component needs a name"},
		{"version: 1\ncomponents: [{name: a, origin: third_party, paths: [a]}]", "its origin is own"},
		{"version: 1\ncomponents: [{name: a, paths: [/etc]}]", "must lie in the directory of the file"},
		{"version: 1\nexclude: [../x]", "must lie in the directory of the file"},
		{"version: 1\nexclude: [a]\ninclude: [a]", "both included and excluded"},
		{"version: 1\nroots: [{id: main, path: x}]", "is taken"},
		{"version: 1\nroots: [{id: a/b, path: x}]", "must be one word"},
		{"version: 1\nroots: [{id: x, path: ../../etc}]", "no further"},
		{"version: 1\nroots: [{id: x, path: /etc}]", "no further"},
		{"version: 1\nlibraries: [{library: a}]", "needs its name (library) and a reason (why)"},
		{"version: 1\nthird_parties: [{purpose: mails}]", "assay.yaml:2: a third party needs a name"},
		{"version: 1\nthird_parties: [{name: mail}]", "say what data go there for (purpose)"},
		{"version: 1\nthird_parties: [{name: mail, purpose: mails}, {name: Mail, purpose: mails}]", "is already declared on line 2"},
		{"version: 1\nthird_parties: [{name: mail, purpose: mails, hosts: [\"https://mail.example\"]}]", "is no name of a host"},
		{"version: 1\nthird_parties: [{name: mail, purpose: mails, hosts: [\"*.com\"]}]", "is no name of a host"},
		{"version: 1\nthird_parties: [{name: mail, purpose: mails, data: [all]}]", `there is no class of data "all"; there are credential, personal, technical`},
		{"version: 1\n---\nversion: 1", "one YAML document"},
		{"version: one", "assay.yaml:1: "},
		{"a: [", "assay.yaml:1: "},
		{strings.Repeat("# a\n", 1<<18) + "#", "larger than"},
	} {
		_, err := Parse("assay.yaml", []byte(tt.text))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "assay.yaml:") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: %v, want %s", tt.text, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("version: 1\ncomponents: [{name: a, paths: [b]}]")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("assay.yaml", []byte(text))
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1) {
			t.Errorf("an error without a line: %v", err)
		}
		if err == nil && file.Version != 1 {
			t.Errorf("version %d is taken", file.Version)
		}
	})
}
