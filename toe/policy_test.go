package toe

import (
	"fmt"
	"strings"
	"testing"

	"assay/seal"
)

func newKey(t *testing.T) *seal.Key {
	t.Helper()
	k, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func person(id, name, role, more string, keys ...*seal.Key) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - id: %s\n    name: %s\n    role: %s\n    keys:\n", id, name, role)
	for _, k := range keys {
		fmt.Fprintf(&b, "      - from: 2026-01-01\n        until: 2026-12-31\n%s        pem: |\n          %s\n", more, strings.ReplaceAll(strings.TrimSpace(string(k.Public.PEM())), "\n", "\n          "))
	}
	return b.String()
}

func TestPolicy(t *testing.T) {
	dev, assessor, issuer, robot := newKey(t), newKey(t), newKey(t), newKey(t)
	head := "version: 1\ntoe: shop\nissuer: Body\npeople:\n"
	text := head + person("d", "Dora", "developer", "", dev) + person("a", "Ada", "assessor", "", assessor) + person("i", "Iris", "issuer", "", issuer) + person("s", "monitor", "status", "", robot)
	p, err := ParsePolicy("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key       *seal.Key
		role, day string
		want      string
	}{
		{assessor, "assessor", "2026-06-01", ""},
		{assessor, "assessor", "2026-12-31", ""},
		{assessor, "assessor", "2027-01-01", "counts from"},
		{assessor, "assessor", "2025-12-31", "counts from"},
		{assessor, "issuer", "2026-06-01", "whose role is assessor"},
		{dev, "assessor", "2026-06-01", "whose role is developer"},
		{robot, "issuer", "2026-06-01", "whose role is status"},
		{newKey(t), "assessor", "2026-06-01", "not in the policy"},
	} {
		if _, err := p.Acts(tt.key.Public.ID, tt.role, tt.day); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s on %s: %v, want %q", tt.role, tt.day, err, tt.want)
		}
	}
	for _, tt := range []struct{ name, text, want string }{
		{"one person in two roles", text + person("a", "Ada", "issuer", "", newKey(t)), "one person has one role"},
		{"the same name under another id", text + person("b", "ada", "developer", "", newKey(t)), "one person has one role"},
		{"one key in two roles", text + person("b", "Bea", "issuer", "", assessor), "has the key of a"},
		{"a role that there is not", head + person("b", "Bea", "owner", "", dev), `no role "owner"`},
		{"an unknown key", text + "owner: me\n", `no key "owner"`},
		{"no system", "version: 1\n", "toe must be"},
		{"a day that is none", head + strings.Replace(person("b", "Bea", "issuer", "", dev), "2026-01-01", "soon", 1), "is not a day"},
		{"a weakening without a reason", head + person("i", "Iris", "issuer", "", issuer) + "weakenings: [{kind: exclude, what: docs}]\n", "a weakening needs"},
	} {
		if _, err := ParsePolicy("policy.yaml", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "policy.yaml:") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, tt := range []struct {
		name, text string
		by         *seal.Key
		want       string
	}{
		{"signed by its issuer", text, issuer, ""},
		{"signed by the assessor", text, assessor, "no issuer's that counts"},
		{"signed by a stranger", text, newKey(t), "nobody known holds"},
		{"signed with a revoked key", head + person("i", "Iris", "issuer", "        revoked: true\n", issuer), issuer, "no issuer's that counts"},
	} {
		env, _ := seal.Sign(PolicyType, []byte(tt.text), tt.by)
		if _, err := OpenPolicy("policy.json", env); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := OpenPolicy("policy.yaml", []byte(text)); err == nil {
		t.Error("a policy without a signature was opened")
	}
}
