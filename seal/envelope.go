package seal

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// An Envelope is a DSSE envelope: a payload, what it is, and who signed both.
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     string      `json:"payload"` // base64
	Signatures  []Signature `json:"signatures"`
}

// A Signature is one key's, over the type and the payload.
type Signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"` // base64 of the ASN.1 encoding
}

// maxSignatures bounds the signatures of an envelope; a decision of two assessors has two.
const maxSignatures = 8

// Sign returns the encoded envelope of payload, signed with each of keys.
func Sign(payloadType string, payload []byte, keys ...*Key) ([]byte, error) {
	if len(keys) == 0 {
		return nil, errors.New("an envelope needs a key to sign it")
	}
	e := Envelope{PayloadType: payloadType, Payload: base64.StdEncoding.EncodeToString(payload)}
	for _, k := range keys {
		sig, err := k.sign(dsse.PAE(payloadType, payload))
		if err != nil {
			return nil, err
		}
		e.Signatures = append(e.Signatures, Signature{k.Public.ID, base64.StdEncoding.EncodeToString(sig)})
	}
	return Encode(e)
}

// Open decodes an envelope strictly, and says nothing of its signatures.
func Open(data []byte) (*Envelope, error) {
	var e Envelope
	if err := Decode(data, &e); err != nil {
		return nil, fmt.Errorf("the envelope cannot be read: %w", err)
	}
	if len(e.Signatures) == 0 || len(e.Signatures) > maxSignatures {
		return nil, fmt.Errorf("the envelope has %d signatures", len(e.Signatures))
	}
	return &e, nil
}

// Verify returns the payload of an envelope in which every signature holds and is by a key that known has; each key signs once. What is signed is the
// pre-authentication encoding (PAE) of type and payload. An envelope of another type is refused before its payload is looked at.
func Verify(data []byte, payloadType string, known func(id string) (PublicKey, bool)) (payload []byte, signers []PublicKey, err error) {
	e, err := Open(data)
	if err != nil {
		return nil, nil, err
	}
	if e.PayloadType != payloadType {
		return nil, nil, fmt.Errorf("the envelope holds %q, where %q is wanted", e.PayloadType, payloadType)
	}
	payload, err = e.Bytes()
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for _, s := range e.Signatures {
		k, ok := known(s.KeyID)
		switch sig, err := strictBase64(s.Sig); {
		case seen[s.KeyID]:
			return nil, nil, fmt.Errorf("key %s signs twice", Short(s.KeyID))
		case !ok:
			return nil, nil, fmt.Errorf("it is signed by key %s, which nobody known holds", Short(s.KeyID))
		case k.ID != s.KeyID || err != nil || !k.verify(dsse.PAE(payloadType, payload), sig):
			return nil, nil, fmt.Errorf("the signature of key %s does not hold", Short(s.KeyID))
		}
		seen[s.KeyID] = true
		signers = append(signers, k)
	}
	return payload, signers, nil
}

// Bytes returns the payload, unverified.
func (e *Envelope) Bytes() ([]byte, error) {
	b, err := strictBase64(e.Payload)
	if err != nil {
		return nil, fmt.Errorf("the payload is not base64: %w", err)
	}
	return b, nil
}

// strictBase64 decodes what EncodeToString wrote and nothing else: the library passes over line ends and spare bits.
func strictBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err == nil && base64.StdEncoding.EncodeToString(b) != s {
		err = errors.New("it is not written canonically")
	}
	return b, err
}

// Message returns what was signed: the pre-authentication encoding, for other tools (openssl dgst -sha384 -verify).
func (e *Envelope) Message() ([]byte, error) {
	b, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	return dsse.PAE(e.PayloadType, b), nil
}

// Short is how people tell keys and digests apart.
func Short(id string) string {
	if len(id) > 12 {
		return id[:12]
	}
	return id
}
