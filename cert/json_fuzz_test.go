package cert

import (
	"bytes"
	"encoding/json"
	"testing"
)

// A document that is taken for unambiguous is JSON, and means the same to a reader that takes the first of two keys, to one that takes the
// last, and to one that knows no case: written again, it has as many members as it had.
func FuzzUnambiguous(f *testing.F) {
	for _, s := range []string{`{"a":1,"A":2}`, `{"a":{"b":[{"a":1},{"a":2}]}}`, `{"k":1,"\u212a":2}`, `"a"`, `{"s":1,"\u017f":2}`, `[] []`, `{"a":1} `, "{\"\xff\":1,\"\xfe\":2}"} {
		f.Add([]byte(s))
	}
	members := func(data []byte) (n int) {
		dec := json.NewDecoder(bytes.NewReader(data))
		for {
			t, err := dec.Token()
			if err != nil {
				return n
			}
			if _, ok := t.(json.Delim); !ok {
				n++
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<15 || unambiguous(data) != nil {
			return
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		again, err := json.Marshal(v)
		if err != nil || members(again) != members(data) {
			t.Errorf("%q is %q: %v", data, again, err)
		}
		var one struct{ K, S, A json.Number }
		if json.Unmarshal(data, &one) == nil {
			top, ok := v.(map[string]any)
			n := 0
			for k := range top {
				if bytes.EqualFold([]byte(k), []byte("k")) {
					n++
				}
			}
			if ok && n > 1 {
				t.Errorf("%q has %d members that one field takes", data, n)
			}
		}
	})
}
