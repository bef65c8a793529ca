package report

import (
	"bytes"
	"testing"

	"assay/assess"
)

// A document that is read is the same when it is written and read again, and every format makes something of it or says why not.
func FuzzDocument(f *testing.F) {
	var b bytes.Buffer
	if err := JSON(&b, &assess.Document{Format: assess.Format}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			t.Skip()
		}
		d, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var one, two bytes.Buffer
		if err := JSON(&one, d); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(one.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := JSON(&two, again); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Errorf("%s\n%s\n%v", &one, &two, err)
		}
		for _, name := range Names() {
			render, err := Format(name)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			_ = render(&out, d)
			if out.Len() > 4<<20 {
				t.Errorf("%s: %d bytes of %d", name, out.Len(), len(data))
			}
		}
	})
}
