package worker

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"testing"

	"assay/collect"
	"assay/fact"
)

// What a worker answers is written by a process that hostile input may have taken over: any bytes are an answer or an error, and an answer
// that passes the check is the same when it is sent again.
func FuzzAnswer(f *testing.F) {
	c := hostile
	for _, x := range []collect.Extract{
		{Rows: []fact.Row{{Fact: fact.Import{Language: "toy", Name: "a"}, Grade: fact.Static, Collector: c.Name, Place: fact.Place{Line: 1}}}},
		collect.Failed(c, "failed", "x"),
	} {
		var b bytes.Buffer
		if err := write(&b, x); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, '{'})
	f.Add([]byte{0x0f, 0xff, 0xff, 0xff, '{', '}'})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		var x collect.Extract
		if err := read(bytes.NewReader(data), &x); err != nil {
			return
		}
		if n := binary.BigEndian.Uint32(data); int(n) > len(data)-4 {
			t.Fatalf("%d bytes are promised, and %d came", n, len(data)-4)
		}
		if collect.Check(c, input(""), x) != nil {
			return
		}
		var b bytes.Buffer
		if err := write(&b, x); err != nil {
			t.Fatal(err)
		}
		sent := bytes.Clone(b.Bytes())
		var y collect.Extract
		if err := read(&b, &y); err != nil {
			t.Fatal(err)
		}
		one, err1 := json.Marshal(x)
		two, err2 := json.Marshal(y)
		if err1 != nil || err2 != nil || !bytes.Equal(one, two) || !bytes.Equal(sent[4:], one) {
			t.Errorf("%s %v\n%s %v", one, err1, two, err2)
		}
		for _, r := range x.Rows {
			if r.Place.Unit != "" || r.Place.Line < 0 {
				t.Errorf("%+v passes", r)
			}
		}
	})
}
