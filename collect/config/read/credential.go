package read

import (
	"regexp"
	"strings"

	"assay/fact"
)

// What Credential may say of a value.
const (
	InClear   = "plain"     // a credential in clear, or with one in it
	Reference = "reference" // a credential that comes from elsewhere
	Encrypted = "encrypted" // a credential that needs a key to be read
)

var (
	// encrypted matches what tools leave of a secret that they encrypted: Spring Cloud Config, Jasypt, SOPS, git-crypt, Ansible, Puppet.
	encrypted = regexp.MustCompile(`^(?:\{cipher\}|ENC\(|ENC\[|DEC::|\$ANSIBLE_VAULT;|\{AES\}|\{xor\})`)
	// stored matches what names an entry of a store of secrets.
	stored = regexp.MustCompile(`(?i)^(?:vault:|\{\{resolve:|arn:aws:(?:secretsmanager|ssm)|sm://|gcp:secretmanager|@Microsoft\.KeyVault|secretref:|projects/[\w-]+/secrets/|op://|awssm://|ref\+)`)
	// referring matches the part of a URL that is a user with a password from elsewhere.
	referring = regexp.MustCompile(`(//)[^/@\s:'"]*:(?:\$\{[^{}]*\}|\$\w+|\$\([\w.-]+\))@`)
	// described are names under which stands a whole description of a connection: it is a secret only as far as there is one in it.
	described = regexp.MustCompile(`(?i)dsn|connection[-_.]?strings?`)
	referred  = regexp.MustCompile(`(?i)(?:password|pwd|secret|accountkey|sharedaccesskey|token)\s*=\s*(?:\$\{|\$\w|\$\(|%[A-Z_]+%|\{\{)`)
)

// Credential says whether the value of key is a credential, and where that stands. It looks at the value itself, and keeps nothing of it.
func Credential(key string, ps []Piece) string {
	if len(ps) == 1 && ps[0].Name != "" && !ps[0].Odd {
		p := ps[0]
		if p.HasOr {
			for _, k := range []string{key, p.Name} {
				if c := Credential(k, p.Or); c != "" {
					return c
				}
			}
		}
		if secretName(key) || secretName(p.Name) {
			return Reference
		}
		return ""
	}
	refers := false
	for _, p := range ps {
		switch {
		case p.Name == "" && !p.Odd:
		case p.HasOr && Credential(p.Name, p.Or) == InClear:
			return InClear
		case p.Odd || secretName(p.Name):
			refers = refers || secretName(p.Name)
		}
	}
	text, _ := Plain(ps)
	return credential(key, text, len(ps) > 1 || len(ps) == 1 && ps[0].Odd, refers)
}

// CredentialText is Credential of a text without placeholders of a known syntax.
func CredentialText(key, text string) string { return credential(key, text, false, false) }

func credential(key, text string, made, refers bool) string {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return ""
	case encrypted.MatchString(text):
		return Encrypted
	case stored.MatchString(text):
		return Reference
	}
	bare := referring.ReplaceAllString(text, "$1")
	refers = refers || bare != text || referred.MatchString(text)
	if m := fact.Masked("", bare); m.Op != "const" && m.Text == "masked" || m.Op == "const" && m.Text != bare {
		return InClear
	}
	switch {
	case described.MatchString(key) || !hidden(key, text):
		if refers {
			return Reference
		}
		return ""
	case made || refers:
		return Reference
	}
	return InClear
}

// secretName reports whether a credential is what one expects under name.
func secretName(name string) bool { return name != "" && hidden(name, "Xq7#Lw2!vT9z") }

// told are the parts of a description of a connection that are no secret: where it goes and how it is protected.
var told = map[string]bool{"server": true, "host": true, "hostname": true, "datasource": true, "address": true, "addr": true, "networkaddress": true, "port": true, "database": true,
	"initialcatalog": true, "userid": true, "uid": true, "user": true, "username": true, "sslmode": true, "ssl": true, "tls": true, "encrypt": true, "trustservercertificate": true,
	"trustedconnection": true, "integratedsecurity": true, "endpoint": true, "accountname": true, "defaultendpointsprotocol": true, "endpointsuffix": true, "accountendpoint": true,
	"abortconnect": true, "applicationname": true, "pooling": true, "timeout": true, "connecttimeout": true, "connectiontimeout": true, "multipleactiveresultsets": true,
	"persistsecurityinfo": true, "allowpublickeyretrieval": true, "charset": true, "sslhost": true, "sslprotocols": true, "defaultdatabase": true, "provider": true, "driver": true}

var peer = regexp.MustCompile(`^(?:localhost|[a-z][\w-]*(?:\.[\w-]+)*:\d{2,5})$`)

// description returns what may be kept of the description of a connection: NAME=VALUE with semicolons, or a host with such behind commas. It keeps the names that it knows and
// hides the values of all others; of what is written otherwise it keeps nothing.
func description(key, text string) (string, bool) {
	if !described.MatchString(key) || len(text) > MaxText || strings.Contains(text, "://") && !strings.Contains(text, ";") {
		return "", false
	}
	sep := ";"
	if !strings.Contains(text, ";") && strings.Contains(text, ",") {
		sep = ","
	}
	var out []string
	for i, part := range strings.Split(text, sep) {
		part = strings.TrimSpace(part)
		name, value, ok := strings.Cut(part, "=")
		switch {
		case part == "":
		case !ok && i == 0 && peer.MatchString(part):
			out = append(out, part)
		case !ok:
			return "", false
		case told[strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(name))]:
			m := fact.Masked("", value)
			if m.Op != "const" {
				m.Text = Hidden
			}
			out = append(out, name+"="+m.Text)
		default:
			out = append(out, name+"="+Hidden)
		}
	}
	return strings.Join(out, sep), len(out) > 0
}
