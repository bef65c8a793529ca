package fact

import (
	"bytes"
	"strings"
	"testing"

	"assay/artefact"
)

func TestEncodeBase(t *testing.T) {
	b := new(Base)
	b.Add("orders", Row{Fact: Route{"GET", "/", Site{"u", "f", 0}}, Grade: Static, Place: Place{Unit: "u", Line: 3}, Collector: "c"},
		Row{Fact: Member{"u", "orders"}, Grade: Static, From: []Ref{{1}}})
	b.Add("billing", Row{Fact: Member{"v", "billing"}, Grade: Declared, Class: artefact.Test})
	b.Lack("orders", GapRow{Gap: Gap{"Route", "w", "unread"}, Class: artefact.Build, Text: "why <&>", Line: 7, Origin: []Gap{{"Member", "w", "failed"}}})
	var one, two bytes.Buffer
	if err := b.Encode(&one); err != nil {
		t.Fatal(err)
	}
	back, err := DecodeBase(bytes.NewReader(one.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if back.Encode(&two); one.String() != two.String() {
		t.Errorf("written again:\n%s\nbefore:\n%s", &two, &one)
	}
	view := func(b *Base) Ref {
		return b.View([]string{"orders", "billing"}, []artefact.Class{artefact.Production}, Route{}, Member{}).Digest()
	}
	if view(b) != view(back) || len(back.Gaps("orders", Route{})) != 1 || back.Gaps("orders", Route{})[0].Text != "why <&>" {
		t.Error("what was read back says something else")
	}
	lines := strings.SplitAfter(strings.TrimSuffix(one.String(), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	for name, bad := range map[string]string{
		"out of order":         lines[1] + lines[0],
		"twice":                lines[0] + lines[0],
		"an unknown predicate": strings.Replace(one.String(), `"p":"Route"`, `"p":"Rumour"`, 1),
		"an unknown field":     strings.Replace(one.String(), `{"c":`, `{"x":1,"c":`, 1),
		"white space":          strings.Replace(one.String(), `{"c":`, `{ "c":`, 1),
		"no gap of this kind":  strings.Replace(one.String(), `"k":"unread"`, `"k":"fine"`, 1),
		"other line breaks":    strings.ReplaceAll(one.String(), "\n", "\r\n"),
		"cut off":              strings.TrimSuffix(one.String(), "\n"),
		"neither":              `{"c":"x"}` + "\n",
		"no JSON":              "x\n",
	} {
		if _, err := DecodeBase(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
