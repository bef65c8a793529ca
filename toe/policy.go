package toe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"assay/seal"
)

// PolicyType is the payload type of a signed policy: the text of the file, as its author wrote it.
const PolicyType = "application/vnd.assay.policy+yaml"

// Roles are what a person may be in a certification. Developer, assessor and issuer exclude one another (DESIGN 6); a status key is held by a
// machine and can only suspend.
var Roles = []string{"developer", "assessor", "issuer", "status"}

// A Policy says who may do what in the certification of one system, and by which bar (ruling 12). It lies outside the ToE and is signed
// by an issuer that it names. Whoever verifies trusts the policy that they were given by other means than the certificate.
type Policy struct {
	Version          int               `yaml:"version"`
	ToE              string            `yaml:"toe"`    // the system's name; decisions and certificates are for it alone
	Issuer           string            `yaml:"issuer"` // the body that answers for certificates
	People           []Person          `yaml:"people"`
	Parameters       map[string]string `yaml:"parameters"`
	Weakenings       []Weakening       `yaml:"weakenings"`
	Responsibilities []Responsibility  `yaml:"responsibilities"`
	Log              Log               `yaml:"log"`

	Digest string `yaml:"-"` // SHA-256 of the text
}

// A Person acts in one role, with keys.
type Person struct {
	ID           string      `yaml:"id"`
	Name         string      `yaml:"name"`
	Organisation string      `yaml:"organisation"`
	Role         string      `yaml:"role"`
	Keys         []PersonKey `yaml:"keys"`
	Line         int         `yaml:"-"`
}

// A PersonKey is a public key and the days on which what it signs counts: from and until (2006-01-02, both included). A key that was lost is
// revoked: nothing that it ever signed counts, for a thief can write any date.
type PersonKey struct {
	PEM     string `yaml:"pem"`
	From    string `yaml:"from"`
	Until   string `yaml:"until"`
	Revoked bool   `yaml:"revoked"`

	Key seal.PublicKey `yaml:"-"`
}

// A Weakening is something that assay.yaml may loosen, with the issuer's leave: a parameter, an exclusion, a closed subnet, a component's paths.
type Weakening struct {
	Kind string `yaml:"kind"` // parameter, exclude, subnet, paths, class
	What string `yaml:"what"` // the parameter with its value (name=value), the pattern, the subnet's or the component's name
	Why  string `yaml:"why"`
	Line int    `yaml:"-"`
}

// A Responsibility says who answers for a requirement of a component that is not the ToE's alone (ruling 6).
type Responsibility struct {
	Component   string `yaml:"component"`
	Requirement string `yaml:"requirement"`
	By          string `yaml:"by"` // own, provider, shared
	Why         string `yaml:"why"`
	Line        int    `yaml:"-"`
}

// Log is the transparency log that certificates and their statuses are entered in.
type Log struct {
	Origin string `yaml:"origin"` // its name, the first line of its checkpoints
	Key    string `yaml:"key"`    // verifier key of its checkpoints (golang.org/x/mod/sumdb/note)
}

// weakenings are the words that a Weakening's Kind may be.
var weakenings = []string{"parameter", "exclude", "subnet", "paths", "class"}

// ParsePolicy reads the text of a policy, which is called name in errors, without a signature. Every error is an *Error.
func ParsePolicy(name string, data []byte) (*Policy, error) {
	if len(data) > maxSize {
		return nil, &Error{name, 1, 0, fmt.Sprintf("the policy is larger than %d bytes", maxSize)}
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &Error{name, 1, 0, "the policy is empty: it must at least say \"version: 1\""}
	} else if err != nil {
		return nil, yamlError(name, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{name, 1, 0, "the policy must hold one YAML document"}
	}
	root := doc.Content[0]
	if err := strict(name, root, reflect.TypeFor[Policy](), "the policy"); err != nil {
		return nil, err
	}
	var p Policy
	if err := root.Decode(&p); err != nil {
		return nil, yamlError(name, err)
	}
	numberLists(root, reflect.ValueOf(&p).Elem())
	p.Digest = seal.Digest(data)
	return &p, p.check(name)
}

// check finds what contradicts itself, and reads the keys.
func (p *Policy) check(name string) error {
	bad := func(line int, format string, args ...any) error {
		return &Error{name, max(line, 1), 0, fmt.Sprintf(format, args...)}
	}
	if p.Version != 1 {
		return bad(1, "version must be 1: this program reads no other")
	}
	if strings.TrimSpace(p.ToE) == "" {
		return bad(1, "toe must be the name of the system that the policy is for")
	}
	holders, ids := map[string]Person{}, map[string]Person{}
	for i := range p.People {
		x := &p.People[i]
		switch {
		case x.ID == "" || x.Name == "":
			return bad(x.Line, "a person needs an id and a name")
		case !slices.Contains(Roles, x.Role):
			return bad(x.Line, "%s: there is no role %q; there are %s", x.ID, x.Role, strings.Join(Roles, ", "))
		}
		for _, same := range []string{"id " + fold(x.ID), "name " + fold(x.Name)} {
			if other, ok := ids[same]; ok {
				return bad(x.Line, "%s (%s) is already on line %d as %s: one person has one role", x.ID, x.Name, other.Line, other.Role)
			}
			ids[same] = *x
		}
		for j := range x.Keys {
			k := &x.Keys[j]
			var err error
			if k.Key, err = seal.ParsePublicKey([]byte(k.PEM)); err != nil {
				return bad(x.Line, "%s: key %d: %v", x.ID, j+1, err)
			}
			for _, day := range []string{k.From, k.Until} {
				if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
					return bad(x.Line, "%s: key %d: %q is not a day (2006-01-02)", x.ID, j+1, day)
				}
			}
			if k.From == "" || k.Until == "" || k.Until < k.From {
				return bad(x.Line, "%s: key %d needs the days from and until which it counts", x.ID, j+1)
			}
			if other, ok := holders[k.Key.ID]; ok {
				return bad(x.Line, "%s has the key of %s (line %d)", x.ID, other.ID, other.Line)
			}
			holders[k.Key.ID] = *x
		}
	}
	for _, w := range p.Weakenings {
		if !slices.Contains(weakenings, w.Kind) || w.What == "" || strings.TrimSpace(w.Why) == "" {
			return bad(w.Line, "a weakening needs a kind (one of %s), what it loosens, and why", strings.Join(weakenings, ", "))
		}
	}
	for _, r := range p.Responsibilities {
		if r.Component == "" || r.Requirement == "" || !slices.Contains([]string{"own", "provider", "shared"}, r.By) {
			return bad(r.Line, "a responsibility needs a component, a requirement, and by whom: own, provider or shared")
		}
	}
	return nil
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// OpenPolicy reads a signed policy. It must be signed by one issuer that it names, with a key that is not revoked.
func OpenPolicy(name string, envelope []byte) (*Policy, error) {
	e, err := seal.Open(envelope)
	if err != nil {
		return nil, fmt.Errorf("%s is no signed policy: %w", name, err)
	}
	text, err := e.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%s is no signed policy: %w", name, err)
	}
	p, err := ParsePolicy(name, text)
	if err != nil {
		return nil, err
	}
	_, signers, err := seal.Verify(envelope, PolicyType, p.Key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, k := range signers {
		if who, own, ok := p.Holder(k.ID); !ok || who.Role != "issuer" || own.Revoked {
			return nil, fmt.Errorf("%s is signed by key %s, which is no issuer's that counts", name, seal.Short(k.ID))
		}
	}
	return p, nil
}

// Holder returns the person who holds the key with this id.
func (p *Policy) Holder(id string) (Person, PersonKey, bool) {
	for _, x := range p.People {
		for _, k := range x.Keys {
			if k.Key.ID == id {
				return x, k, true
			}
		}
	}
	return Person{}, PersonKey{}, false
}

// Key returns a key that the policy names, whatever its role and days are.
func (p *Policy) Key(id string) (seal.PublicKey, bool) {
	_, k, ok := p.Holder(id)
	return k.Key, ok
}

// Acts reports why the key with this id did not act in role on day (2006-01-02); nil if it did.
func (p *Policy) Acts(id, role, day string) (Person, error) {
	who, k, ok := p.Holder(id)
	switch {
	case !ok:
		return who, fmt.Errorf("key %s is not in the policy", seal.Short(id))
	case who.Role != role:
		return who, fmt.Errorf("key %s is %s's, whose role is %s, not %s", seal.Short(id), who.ID, who.Role, role)
	case k.Revoked:
		return who, fmt.Errorf("key %s of %s is revoked", seal.Short(id), who.ID)
	case day < k.From || day > k.Until:
		return who, fmt.Errorf("key %s of %s counts from %s to %s, and this is of %s", seal.Short(id), who.ID, k.From, k.Until, day)
	}
	return who, nil
}

// Allows reports whether the policy gives leave to loosen what of kind.
func (p *Policy) Allows(kind, what string) bool {
	return slices.ContainsFunc(p.Weakenings, func(w Weakening) bool { return w.Kind == kind && w.What == what })
}
