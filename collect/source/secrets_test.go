package source

import (
	"testing"

	"assay/fact"
)

// What is taken for clear, masking leaves as it is.
func FuzzClear(f *testing.F) {
	for _, s := range []string{
		"could not find the order %d of customer %s: %v", "http://orders:8080/api/v1/orders/{id}", "http://hunter2:hunter@h/x", "password: hunter2", "password : hunter2", "set password hunter2",
		"sk-abcdefghijklmnop", "mysql -u root -phunter2", "echo hunter2 | chpasswd", "Bearer abcdefghijkl", "redis://:hunter2", "glpat-abcdefgh", "xoxb-abcdefgh", "a:b@tcp(h)",
		"-----BEGIN PRIVATE KEY-----", "https://hooks.slack.com/x/y", "net user admin hunter2", "12345678-1234-1234-1234-123456789012", "/token/:id", "config key value", "vault login abcdef", "x:/y@z",
		"(set password x)", "/bin/set key1 aX9zzzzzz", "passwd hunter2", "http-basic.example user hunter2", "SG.abcdefgh.abcdefgh", "smbclient u%p", "sha256sum abc",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if clear(s) {
			if m := fact.MaskedText(s); m != s {
				t.Errorf("%q is masked as %q", s, m)
			}
		}
	})
}
