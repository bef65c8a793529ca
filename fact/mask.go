package fact

import (
	"regexp"
	"strings"
)

// secretKey matches names under which people keep secrets. It is broad on purpose: a masked value costs a little
// evidence, a stored one could cost the ToE its secret.
var secretKey = regexp.MustCompile(`(?i)(passw|passphrase|pwd|secret|token|credential|api[-_.]?key|private[-_.]?key|access[-_.]?key|auth[-_.]?key|salt|signing|encrypt.*key|key[-_.]?store.*key|[-_.]pass$|^pass$|dsn|connection[-_.]?string)`)

var userinfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s'"]*@`)

var longSecret = regexp.MustCompile(`(?i)(-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|((password|pwd|secret|accountkey)\s*=\s*[^;&\s]+))`)

// Masked returns value as it may be kept: a constant, unless key or value look like a secret, in which case nothing of
// the secret stays. A URL keeps all but its user and password, for which host a service talks to is evidence.
func Masked(key, value string) Value {
	switch {
	case value == "":
		return Const("")
	case secretKey.MatchString(key) && !strings.Contains(value, "://"):
		return Unknown("masked")
	case longSecret.MatchString(value):
		return Unknown("masked")
	}
	return Const(userinfo.ReplaceAllString(value, "${1}"))
}
