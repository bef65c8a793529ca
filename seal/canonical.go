// Package seal makes bytes that somebody vouches for, and finds out whether they still do.
//
// Three things can go wrong between a signature and what people believe it says: the signature is not that key's, the key is not
// that person's, and the bytes mean one thing here and another elsewhere. This package settles the first and the third. Signed JSON
// is canonical: it is decoded into a Go type and encoded again, and unless that gives the same bytes it is refused. Duplicate keys,
// keys in another case, unknown fields, trailing data, other escapes and other numbers all fail at that one gate. Whose key it is, and in
// which role, is the policy's to say (package toe).
//
// Signatures are ECDSA over P-384 with SHA-384, the scheme's own choice (CRYP.2), in DSSE envelopes (https://github.com/secure-systems-lab/dsse,
// protocol 1.0). Equal input gives an equal signature (RFC 6979).
package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxDepth bounds how deeply signed JSON may nest.
const maxDepth = 64

// Encode returns the canonical encoding of v: JSON without white space, fields in the order of the type, keys of maps sorted, nothing escaped that
// need not be.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Decode reads the canonical encoding of v. Whatever Encode would not have written is an error, though it may be JSON: what can be read in two
// ways is not what somebody signed. The type of v must not hold raw JSON, whose inside nobody would have looked at.
func Decode(data []byte, v any) error {
	if err := shallow(data); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind the end of the document")
	}
	again, err := Encode(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return fmt.Errorf("it is not written canonically (first at byte %d)", differ(again, data))
	}
	return nil
}

func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// shallow refuses what nests more deeply than anything that is signed.
func shallow(data []byte) error {
	depth, quoted, escaped := 0, false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("it nests more than %d levels deep", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// Digest is the SHA-256 of data, as in-toto statements write it: lower-case hexadecimal, without a prefix.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
