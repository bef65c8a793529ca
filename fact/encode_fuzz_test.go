package fact

import (
	"bytes"
	"testing"

	"assay/artefact"
)

// Facts of a bundle that are read are written again as the same bytes, whoever wrote them.
func FuzzDecodeBase(f *testing.F) {
	b := new(Base)
	b.Add("orders", Row{Fact: Route{"GET", "/", Site{"u", "f", 0}}, Grade: Static, Place: Place{Unit: "u", Line: 3}, Collector: "c"}, Row{Fact: Member{"u", "orders"}, Grade: Static, From: []Ref{{1}}})
	b.Add("", Row{Fact: Setting{Key: "a", Value: Unknown("x")}, Grade: Declared, Class: artefact.Test})
	b.Lack("orders", GapRow{Gap: Gap{"Route", "w", "unread"}, Class: artefact.Build, Text: "why <&>", Line: 7, Origin: []Gap{{"Member", "w", "failed"}}})
	var all bytes.Buffer
	if err := b.Encode(&all); err != nil {
		f.Fatal(err)
	}
	for l := range bytes.Lines(all.Bytes()) {
		f.Add(l)
	}
	f.Add(all.Bytes())
	f.Add(bytes.ReplaceAll(all.Bytes(), []byte("\n"), []byte("\r\n"))) // another text of the same facts
	f.Add(bytes.TrimSuffix(all.Bytes(), []byte("\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<15 {
			t.Skip()
		}
		b, err := DecodeBase(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := b.Encode(&again); err != nil || !bytes.Equal(again.Bytes(), data) {
			t.Errorf("%q is written again as %q: %v", data, &again, err)
		}
	})
}
