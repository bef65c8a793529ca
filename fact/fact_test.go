package fact

import (
	"testing"

	"assay/artefact"
)

func TestIdentity(t *testing.T) {
	base := Row{Fact: Route{"GET", "/", Site{"u", "f", 0}}, Grade: Static, Place: Place{Unit: "u", Line: 1}, Collector: "c"}
	for _, tt := range []struct {
		name   string
		same   bool
		change func(*Row)
	}{
		{"place", true, func(r *Row) { r.Place.Line = 2 }},
		{"collector", true, func(r *Row) { r.Collector = "d" }},
		{"origin", true, func(r *Row) { r.From = []Ref{{1}} }},
		{"predicate", false, func(r *Row) { r.Fact = Limiter{} }},
		{"content", false, func(r *Row) { r.Fact = Route{"GET", "/x", Site{"u", "f", 0}} }},
		{"unit", false, func(r *Row) { r.Fact = At(r.Fact, "v", 0) }},
		{"symbol", false, func(r *Row) { r.Fact = Route{"GET", "/", Site{"u", "g", 0}} }},
		{"ordinal", false, func(r *Row) { r.Fact = At(r.Fact, "u", 1) }},
		{"grade", false, func(r *Row) { r.Grade = Observed }},
		{"class", false, func(r *Row) { r.Class = artefact.Test }},
	} {
		r := base
		tt.change(&r)
		if same := r.Ref() == base.Ref(); same != tt.same {
			t.Errorf("%s: same identity: %t", tt.name, same)
		}
	}
	if encode(Hash{}) != "{}" {
		t.Error("a zero field is encoded")
	}
}

func TestValue(t *testing.T) {
	ring := func(k string) (Value, bool) { return Key(map[string]string{"a": "b", "b": "a"}[k]), true }
	huge := Const("x")
	for range 100 {
		huge = Concat(huge, Key("k"))
	}
	for _, tt := range []struct{ name, got, want string }{
		{"order", encode(OneOf(Const("b"), Const("a"), Const("b"))), encode(OneOf(Const("a"), Const("b")))},
		{"flat", encode(OneOf(Const("c"), OneOf(Const("b"), Const("a")))), encode(OneOf(Const("a"), Const("b"), Const("c")))},
		{"joined", encode(Concat(Const("SHA"), Const("-1"))), encode(Const("SHA-1"))},
		{"ring", encode(Key("a").Resolve(ring)), encode(Unknown("too deep"))},
		{"zero", encode(Value{}), encode(Unknown(""))},
		{"default", encode(Key("k", Const("v")).Resolve(func(string) (Value, bool) { return Value{}, false })), encode(Const("v"))},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
	if depth(huge) > maxDepth || len(encode(huge)) > maxParts*maxText {
		t.Error("a value grows without bound")
	}
	if _, known := OneOf(Const("a"), Unknown("")).Consts(); known {
		t.Error("a choice with an unknown branch is known")
	}
}
