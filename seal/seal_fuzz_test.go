package seal

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What is read as canonical is what would be written: there is no second text of the same meaning, and none that is nested without bound.
func FuzzDecode(f *testing.F) {
	type inner struct {
		A string            `json:"a"`
		M map[string]string `json:"m,omitempty"`
		L []inner0          `json:"l,omitempty"`
		N int64             `json:"n"`
		P *bool             `json:"p,omitempty"`
	}
	f.Add([]byte(`{"a":"\u003c<","n":1}`))
	f.Add([]byte(`{"a":"x","m":{"b":"1","a":"2"},"l":[{"b":[{"b":null}]}],"n":-0,"p":true}`))
	f.Add([]byte(`{"A":"x","a":"y","n":1e2}{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v inner
		if err := Decode(data, &v); err != nil {
			return
		}
		again, err := Encode(v)
		if err != nil || !bytes.Equal(again, data) || !json.Valid(data) {
			t.Errorf("%q is written as %q: %v", data, again, err)
		}
		depth, most := 0, 0
		for _, c := range bytes.Map(func(r rune) rune {
			if r == '{' || r == '[' || r == '}' || r == ']' {
				return r
			}
			return -1
		}, outside(data)) {
			if c == '{' || c == '[' {
				depth++
			} else {
				depth--
			}
			most = max(most, depth)
		}
		if depth != 0 || most > maxDepth {
			t.Errorf("%q nests %d deep", data, most)
		}
	})
}

type inner0 struct {
	B []inner0 `json:"b"`
}

// outside returns JSON without its strings.
func outside(data []byte) (out []byte) {
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		t, err := dec.Token()
		if err != nil {
			return out
		}
		if d, ok := t.(json.Delim); ok {
			out = append(out, byte(d))
		}
	}
}

// A key that is read is one that can be used, and is the same when it is written and read again.
func FuzzKeys(f *testing.F) {
	k, err := Generate()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(k.Public.PEM())
	for _, s := range []string{"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", "-----BEGIN PRIVATE KEY-----\nx: y\n\nMAA=\n-----END PRIVATE KEY-----\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParsePublicKey(data); err == nil {
			again, err := ParsePublicKey(p.PEM())
			if err != nil || again.ID != p.ID || len(p.ID) != 64 || p.verify([]byte("a"), []byte("b")) {
				t.Errorf("%q is %q, and then %q: %v", data, p.ID, again.ID, err)
			}
		}
		if k, err := ParseKey(data, nil); err == nil {
			s, err := k.sign([]byte("a"))
			if err != nil || !k.Public.verify([]byte("a"), s) || k.Public.verify([]byte("b"), s) {
				t.Errorf("%q does not sign: %v", data, err)
			}
		}
	})
}
