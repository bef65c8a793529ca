package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/youmark/pkcs8"
)

// A Key signs.
type Key struct {
	Public  PublicKey
	private *ecdsa.PrivateKey
}

// A PublicKey verifies. Its ID is the SHA-256 of its DER encoding (SubjectPublicKeyInfo), in hexadecimal: what "openssl pkey -pubin -outform DER" gives to sha256sum.
type PublicKey struct {
	ID  string
	key *ecdsa.PublicKey
	der []byte
}

// ErrPassphrase says that a private key is encrypted and the passphrase is missing or not the one.
var ErrPassphrase = errors.New("the passphrase is missing or wrong")

// iterations of PBKDF2; OpenSSL reads scrypt only with parameters that are weaker.
const iterations = 600_000

// maxPEM bounds a key file in bytes.
const maxPEM = 64 << 10

// Generate makes a key.
func Generate() (*Key, error) {
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return keyOf(k)
}

func keyOf(k *ecdsa.PrivateKey) (*Key, error) {
	p, err := publicOf(&k.PublicKey)
	if err != nil {
		return nil, err
	}
	return &Key{p, k}, nil
}

func publicOf(k *ecdsa.PublicKey) (PublicKey, error) {
	if k.Curve != elliptic.P384() {
		return PublicKey{}, fmt.Errorf("the key is on curve %s; signatures are made with P-384 (CRYP.2)", k.Curve.Params().Name)
	}
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		return PublicKey{}, err
	}
	return PublicKey{ID: Digest(der), key: k, der: der}, nil
}

// PEM returns p as a PEM block "PUBLIC KEY".
func (p PublicKey) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: p.der})
}

// PEM returns k in PKCS #8, encrypted with passphrase (PBES2: PBKDF2 with HMAC-SHA-256, AES-256-CBC).
func (k *Key) PEM(passphrase []byte) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, errors.New("a private key is not written without a passphrase")
	}
	der, err := pkcs8.MarshalPrivateKey(k.private, passphrase, &pkcs8.Opts{
		Cipher:  pkcs8.AES256CBC,
		KDFOpts: pkcs8.PBKDF2Opts{SaltSize: 16, IterationCount: iterations, HMACHash: crypto.SHA256},
	})
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}), nil
}

// block returns the first PEM block of data that is of one of types.
func block(data []byte, types ...string) (*pem.Block, error) {
	if len(data) > maxPEM {
		return nil, fmt.Errorf("the key file is larger than %d bytes", maxPEM)
	}
	var others []string
	for rest := data; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			if len(others) > 0 {
				return nil, fmt.Errorf("it holds %q, where one of %q is wanted", others, types)
			}
			return nil, errors.New("it is not a key in PEM")
		}
		for _, t := range types {
			if b.Type == t {
				return b, nil
			}
		}
		others = append(others, b.Type)
	}
}

// ParseKey reads a private key in PEM: PKCS #8, encrypted or not, or SEC 1. Its error is ErrPassphrase where another passphrase could help.
func ParseKey(data, passphrase []byte) (*Key, error) {
	b, err := block(data, "ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	var k any
	switch b.Type {
	case "EC PRIVATE KEY":
		if b.Headers["DEK-Info"] != "" {
			return nil, errors.New("it is encrypted in the old way of OpenSSL; write it as PKCS #8: openssl pkcs8 -topk8")
		}
		k, err = x509.ParseECPrivateKey(b.Bytes)
	case "PRIVATE KEY":
		k, err = x509.ParsePKCS8PrivateKey(b.Bytes)
	default:
		if len(passphrase) == 0 {
			return nil, ErrPassphrase
		}
		if k, err = pkcs8.ParsePKCS8PrivateKey(b.Bytes, passphrase); err != nil {
			return nil, fmt.Errorf("%w: %v", ErrPassphrase, err)
		}
	}
	if err != nil {
		return nil, err
	}
	ec, ok := k.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it is a key of type %T; signatures are made with ECDSA on P-384 (CRYP.2)", k)
	}
	return keyOf(ec)
}

// ParsePublicKey reads a public key in PEM (SubjectPublicKeyInfo).
func ParsePublicKey(data []byte) (PublicKey, error) {
	b, err := block(data, "PUBLIC KEY")
	if err != nil {
		return PublicKey{}, err
	}
	k, err := x509.ParsePKIXPublicKey(b.Bytes)
	if err != nil {
		return PublicKey{}, err
	}
	ec, ok := k.(*ecdsa.PublicKey)
	if !ok {
		return PublicKey{}, fmt.Errorf("it is a key of type %T; signatures are made with ECDSA on P-384 (CRYP.2)", k)
	}
	return publicOf(ec)
}

func (k *Key) sign(message []byte) ([]byte, error) {
	h := crypto.SHA384.New()
	h.Write(message)
	return k.private.Sign(nil, h.Sum(nil), crypto.SHA384) // no randomness: RFC 6979
}

func (p PublicKey) verify(message, signature []byte) bool {
	h := crypto.SHA384.New()
	h.Write(message)
	return p.key != nil && ecdsa.VerifyASN1(p.key, h.Sum(nil), signature)
}
