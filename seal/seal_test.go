package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const testType = "application/vnd.assay.test+json"

func key(t *testing.T) *Key {
	t.Helper()
	k, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func known(keys ...*Key) func(string) (PublicKey, bool) {
	return func(id string) (PublicKey, bool) {
		for _, k := range keys {
			if k.Public.ID == id {
				return k.Public, true
			}
		}
		return PublicKey{}, false
	}
}

// Every single changed byte of an envelope makes it unreadable, or its signature fail.
func TestEveryByteCounts(t *testing.T) {
	k := key(t)
	env, err := Sign(testType, []byte(`{"a":1,"b":["c"]}`), k)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(env, testType, known(k)); err != nil {
		t.Fatal(err)
	}
	for i := range env {
		for _, x := range []byte{1, 0x20, 0x80} {
			bad := bytes.Clone(env)
			bad[i] ^= x
			if _, _, err := Verify(bad, testType, known(k)); err == nil {
				t.Errorf("byte %d changed to %q, and the envelope still holds", i, bad[i])
			}
		}
	}
	for n := range env {
		if _, _, err := Verify(env[:n], testType, known(k)); err == nil {
			t.Errorf("cut off at byte %d, the envelope still holds", n)
		}
	}
}

func TestSignatures(t *testing.T) {
	a, b, stranger := key(t), key(t), key(t)
	both, _ := Sign(testType, []byte("x"), a, b)
	if _, signers, err := Verify(both, testType, known(a, b)); err != nil || len(signers) != 2 {
		t.Fatal(signers, err)
	}
	var e Envelope
	spoil := func(change func(*Envelope)) []byte {
		if err := json.Unmarshal(both, &e); err != nil {
			t.Fatal(err)
		}
		change(&e)
		data, _ := Encode(e)
		return data
	}
	for name, data := range map[string][]byte{
		"one of two signatures is wrong":  spoil(func(e *Envelope) { e.Signatures[1].Sig = e.Signatures[0].Sig }),
		"one key signs twice":             spoil(func(e *Envelope) { e.Signatures[1] = e.Signatures[0] }),
		"a signature under another's key": spoil(func(e *Envelope) { e.Signatures[0].KeyID = b.Public.ID; e.Signatures = e.Signatures[:1] }),
		"no signature":                    spoil(func(e *Envelope) { e.Signatures = nil }),
		"an unknown key beside a known":   func() []byte { d, _ := Sign(testType, []byte("x"), a, stranger); return d }(),
		"another type":                    spoil(func(e *Envelope) { e.PayloadType = "application/json" }),
		"line ends in base64":             spoil(func(e *Envelope) { e.Payload = "eA=\n=" }),
		"white space":                     append([]byte(" "), both...),
		"something behind":                append(bytes.Clone(both), []byte("{}")...),
		"a key twice":                     bytes.Replace(both, []byte(`{"payloadType"`), []byte(`{"payload":"eQ==","payloadType"`), 1),
		"a key in another case":           bytes.Replace(both, []byte(`"payload"`), []byte(`"Payload"`), 1),
		"a key that is unknown":           bytes.Replace(both, []byte(`{"payloadType"`), []byte(`{"x":1,"payloadType"`), 1),
		"nothing":                         nil,
		"nested without end":              bytes.Repeat([]byte("["), 1<<20),
	} {
		if _, _, err := Verify(data, testType, known(a, b)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDecodeIsStrict(t *testing.T) {
	type doc struct {
		A string            `json:"a"`
		B []int             `json:"b,omitempty"`
		M map[string]string `json:"m,omitempty"`
	}
	for _, good := range []string{`{"a":"<é"}`, `{"a":"","b":[1]}`, `{"a":"x","m":{"a":"1","b":"2"}}`} {
		var d doc
		if err := Decode([]byte(good), &d); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{`{"a":"x","a":"y"}`, `{"A":"x"}`, `{"a":"x"} `, `{"a":"x"}{}`, `{"a":"\u00e9"}`, `{"a":"x","b":[1.0]}`, `{"a":"x","b":[]}`,
		`{"a":"x","c":1}`, `{ "a":"x"}`, `{"a":"x","m":{"b":"2","a":"1"}}`, `{"a":"x","m":{"a":"1","a":"2"}}`, "{\"a\":\"\xff\"}", `null`, `{}`, `{"a":null}`} {
		var d doc
		if err := Decode([]byte(bad), &d); err == nil {
			t.Errorf("%s: accepted", bad)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	k := key(t)
	if _, err := k.PEM(nil); err == nil {
		t.Error("a private key was written in the clear")
	}
	data, err := k.PEM([]byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParseKey(data, []byte("correct horse")); err != nil || back.Public.ID != k.Public.ID {
		t.Errorf("key read back: %v", err)
	}
	for _, pass := range []string{"", "wrong horse"} {
		if _, err := ParseKey(data, []byte(pass)); !errors.Is(err, ErrPassphrase) {
			t.Errorf("passphrase %q: %v", pass, err)
		}
	}
	pub, err := ParsePublicKey(k.Public.PEM())
	if err != nil || pub.ID != k.Public.ID {
		t.Error(err)
	}
	one, _ := Sign(testType, []byte("x"), k)
	two, _ := Sign(testType, []byte("x"), k)
	if !bytes.Equal(one, two) {
		t.Error("the same payload has two signatures")
	}
}

// What is signed here verifies with openssl, and keys that openssl made sign here.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl on this machine")
	}
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(openssl, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if data != nil {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	run("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", file("sec1.pem", nil))
	run("pkcs8", "-topk8", "-in", file("sec1.pem", nil), "-out", file("enc.pem", nil), "-passout", "pass:secret", "-v2", "aes-256-cbc")
	run("pkcs8", "-topk8", "-nocrypt", "-in", file("sec1.pem", nil), "-out", file("plain.pem", nil))
	run("pkey", "-in", file("plain.pem", nil), "-pubout", "-out", file("pub.pem", nil))
	want := ""
	for _, name := range []string{"sec1.pem", "enc.pem", "plain.pem"} {
		data, _ := os.ReadFile(file(name, nil))
		k, err := ParseKey(data, []byte("secret"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want == "" {
			want = k.Public.ID
		} else if k.Public.ID != want {
			t.Errorf("%s is another key", name)
		}
	}
	data, _ := os.ReadFile(file("plain.pem", nil))
	k, _ := ParseKey(data, nil)
	env, _ := Sign(testType, []byte("{}"), k)
	e, _ := Open(env)
	message, _ := e.Message()
	sig, _ := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
	file("message", message)
	file("sig", sig)
	if out := run("dgst", "-sha384", "-verify", file("pub.pem", nil), "-signature", file("sig", nil), file("message", nil)); !strings.Contains(out, "Verified OK") {
		t.Error(out)
	}
	encrypted, err := k.PEM([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	file("ours.pem", encrypted)
	run("pkey", "-in", file("ours.pem", nil), "-passin", "pass:secret", "-noout")
	run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file("p256.pem", nil))
	data, _ = os.ReadFile(file("p256.pem", nil))
	if _, err := ParseKey(data, nil); err == nil || !strings.Contains(err.Error(), "P-256") {
		t.Errorf("a key on another curve: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	k, _ := Generate()
	env, _ := Sign(testType, []byte(`{}`), k)
	f.Add(env)
	f.Fuzz(func(t *testing.T, data []byte) {
		payload, _, err := Verify(data, testType, known(k))
		if err == nil && string(payload) != "{}" {
			t.Errorf("forged %q", payload)
		}
	})
}
