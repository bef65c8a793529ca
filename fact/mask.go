package fact

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// hole stands in a text where a secret was.
const hole = "…"

const (
	maxMasked   = 16 << 10  // of a value: one that is longer would be too large to keep in any case
	maxMaskable = 256 << 10 // of a text
	maxURL      = 2 << 10
)

// Masked returns value as it may be kept: a constant, unless key or value look like a secret, in which case nothing of
// the secret stays. Of a URL under a key that names a secret its scheme and host stay, for which host a service talks to is
// evidence; in any other value only what is secret gives way to a hole. Of a URL's user and password the user stays if it is a plain
// name and a password follows.
func Masked(key, value string) Value {
	switch {
	case value == "":
		return Const("")
	case len(value) > maxMasked:
		return Unknown("too large")
	case secret(key, value):
		if m := wholeURL.FindStringSubmatch(whose.ReplaceAllString(hosts(strings.TrimSpace(value)), "$1")); m != nil {
			return Const(m[1])
		}
		return Unknown("masked")
	}
	t := settle(value, func(s string) string { return mask(s, key) })
	if t != value && strings.Trim(t, hole+" \t\r\n'\"`\\;,") == "" {
		return Unknown("masked")
	}
	return Const(t)
}

// MaskedText returns the text of a command, of a script or of a message with a hole for every word that is a secret. Masking
// twice is masking once. What exceeds 256 KiB is left out.
func MaskedText(text string) string {
	if len(text) > maxMaskable {
		text = text[:maxMaskable-len(hole)] + hole
		text = strings.ToValidUTF8(text, hole)
	}
	return settle(text, func(s string) string { return mask(s, "") })
}

// MaskedWords returns the words of a command that no shell takes apart, masked like its text.
func MaskedWords(words []string) []string {
	ts := make([]token, len(words))
	for i, w := range words {
		ts[i].text = MaskedText(w)
	}
	list(ts, 0)
	out := make([]string, len(words))
	for i, t := range ts {
		out[i] = t.text
	}
	return out
}

// settle applies f until nothing changes. A text that does not come to rest is none to keep.
func settle(s string, f func(string) string) string {
	for range 6 {
		t := f(s)
		if t == s {
			return t
		}
		s = t
	}
	return hole
}

func mask(s, key string) string {
	if !strings.ContainsAny(s, ":=-@$ \t\n") && len(s) < 16 {
		return s
	}
	s = pem.ReplaceAllString(s, hole)
	s = queries(s)
	s = hook.ReplaceAllString(s, "${1}/"+hole)
	s = oracle.ReplaceAllString(s, "${1}@")
	s = bareUser.ReplaceAllStringFunc(s, func(t string) string {
		m := bareUser.FindStringSubmatch(t)
		password := t[len(m[1])+len(m[2])+1 : len(t)-len(m[3])-1]
		if noUser[strings.ToLower(m[2])] || digest.MatchString(m[3]) || password == hole {
			return t // an image's name, tag and digest are no user, password and host
		}
		if plainUser(m[2], password) {
			return m[1] + m[2] + ":" + hole + "@" + m[3]
		}
		return m[1] + m[3]
	})
	s = hosts(s)
	s = shape.ReplaceAllString(s, hole)
	s = bearer.ReplaceAllStringFunc(s, func(t string) string {
		m := bearer.FindStringSubmatch(t)
		if strings.Trim(m[2], lowerCase) == "" || aReference(m[2]) {
			return t
		}
		return m[1] + hole
	})
	s = sql.ReplaceAllString(s, "${1}${2}"+hole+"${2}")
	s = pairs(s)
	s = commands(s, 3)
	return random(s, key)
}

const lowerCase = "abcdefghijklmnopqrstuvwxyz"

// # Names

// secretKey matches names under which people keep secrets. It is broad on purpose: a masked value costs a little
// evidence, a stored one could cost the ToE its secret.
var secretKey = regexp.MustCompile(`(?i)(passw|passphrase|passcode|pwd|secret|token|credential|authorization|api[-_.]?key|private[-_.]?key|access[-_.]?key|auth[-_.]?key|(aws|azure|gcp|google|stripe|openai|anthropic|sendgrid|mailgun|twilio|datadog|github|gitlab|slack|app|master|admin|service|account|storage|shared|subscription|function|host|hmac|aes|des|crypto|cipher|session|cookie|webhook|db|database|jwt|signature|root|client|license|registration|deploy)[-_.]?key([^a-z]|$)|salt|signing|encrypt.*key|key[-_.]?store.*key|[-_.]pass$|^pass$|dsn|connection[-_.]?string|session[-_.]?id|sonar\.login|_auth$|github-oauth|[a-z](store|key|require|master|user|db)pass$)`)

// lastWord are names that are secrets only if nothing comes behind them.
var lastWord = set("pass", "passwd", "pw", "pin", "otp", "totp", "psk", "pat", "cookie", "cookies", "session", "sid", "auth", "masterauth", "requirepass",
	"storepass", "keypass", "passin", "passout", "bearer", "creds", "cred", "sig", "signature", "hmac", "seed", "mnemonic", "webhook", "license")

// weak are names that are secrets as flags and in the query of a URL, and elsewhere if their value looks like one.
var weak = set("key", "code")

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

var lastPart = regexp.MustCompile(`(?:[A-Z]?[a-z]+|[A-Z]+)$`)

// last returns the last word of a name in lower case, without a number, an index or what says nothing behind it.
func last(name string) (w string) {
	for range 3 {
		name = strings.TrimRight(name, "0123456789[]._-:")
		m := lastPart.FindString(name)
		if w = strings.ToLower(m); len(m) == len(name) || !slices.Contains([]string{"value", "text", "url", "uri", "default"}, w) {
			break
		}
		name = name[:len(name)-len(m)]
	}
	return w
}

// named reports whether name is that of a secret.
func named(name string) bool {
	return secretKey.MatchString(name) || lastWord[last(name)]
}

// secret reports whether value is to be masked for its key, which may be several names.
func secret(key, value string) bool {
	for _, name := range strings.Fields(key) {
		if len(name) > 1024 {
			name = name[len(name)-1024:]
		}
		switch {
		case named(name):
			if !harmless(name, value) && !(givesTokens.MatchString(name) && plainPath.MatchString(strings.TrimSpace(value))) {
				return true
			}
		case weak[last(name)] && odd(value):
			return true
		}
	}
	return false
}

// givesTokens are names of where tokens are had and checked, and plainPath the URLs of such places: no user, no query, and a path of words.
var (
	givesTokens = regexp.MustCompile(`(?i)(?:token|auth|authorization|authorize|introspection|revocation|jwks?|userinfo|user-?info|logout|end-?session)(?:[-_.]?(?:set|server|service))?[-_.]?(?:ur[il]s?|endpoint)$`)
	plainPath   = regexp.MustCompile(`^https?://(?:[A-Za-z0-9.-]+|\$\{[\w.-]+\})(?::(?:\d{1,5}|\$\{[\w.-]+\}))?(?:/(?:[a-z][a-z_-]{0,23}|\.well-known|[a-z]{1,8}[0-9]{1,2}(?:\.\d)?|jwks\.json|token\.php))*/?$`)
)

// odd reports whether value, under a name that may or may not be that of a secret, looks like one.
func odd(value string) bool {
	return len(value) >= 8 && !strings.ContainsAny(value, " \t\n/") && strings.ContainsAny(value, "0123456789+=!#%&*") &&
		strings.Trim(value, "0123456789.-") != "" && !file.MatchString(value) && !aReference(value)
}

var plainWord = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|none|null|nil|undefined|bearer|basic|digest|negotiate|jwt|jws|jwe|oauth2?|oidc|openid|saml2?|opaque|header|cookie|query|body|hmac|lax|strict|stateless|required|optional|enabled?|disabled?|always|never|auto|ro|rw|(hs|rs|es|ps)(256|384|512)|eddsa|ed25519|ecdsa|rsa|aes|aes[-_]?(128|192|256)([-_](gcm|cbc|ctr))?|(hmac[-_]?)?sha[-_]?(1|2|256|384|512)|md5|bcrypt|scrypt|argon2(id|i|d)?|pbkdf2|-?\d{1,5}|\d{1,5}(\.\d{1,3})? ?(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|b|kb|mb|gb|ki|mi)|pt?(\d{1,5}[dhms])(t?\d{1,5}[hms])*)$`)

var file = regexp.MustCompile(`^(?:[\w.-]*/)*[\w.-]+\.(?:pem|key|crt|cer|p12|pfx|jks|der|pub|json|ya?ml|txt|properties)$|^/(?:var/)?run/secrets/[\w./-]*$`)

var keyFile = set("key", "file", "path", "keyfile", "keystore", "location", "dir")

// harmless reports whether value under name is no secret for all that the name says.
func harmless(name, value string) bool {
	value = strings.TrimSpace(value)
	w := last(name)
	if keyFile[w] && file.MatchString(value) {
		return true
	}
	if (w == "pin" || w == "otp" || w == "totp" || w == "passcode") && len(value) >= 4 && strings.Trim(value, "0123456789") == "" {
		return false
	}
	return plainWord.MatchString(value)
}

// reference matches what names a secret and is none.
var reference = regexp.MustCompile(`^(?:\$[A-Za-z_]\w*|\$\d|\$\{\w[\w.-]*\}|\$\(\w[\w.-]*\)|\$\{\{[^{}]*\}\}|\{\{[^{}]*\}\}|%[A-Z_]+%|<[a-zA-Z_ -]+>|\*+|` + hole + `|\(masked\))+$`)

func aReference(s string) bool { return reference.MatchString(s) }

// # Shapes

var pem = regexp.MustCompile(`(?s)----[- ]?BEGIN [A-Z0-9 ]{1,60}----.*?(?:-----END [A-Z0-9 ]{1,60}-----|---- END [A-Z0-9 ]{1,60} ----|$)`)

var shape = regexp.MustCompile(`\b(?:(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{12,}|AIza[\w-]{20,}|ya29\.[\w.-]{8,}|GOCSPX-[\w-]{10,}|gh[pousr]_[A-Za-z0-9]{10,}|github_pat_\w{10,}|gl(?:pat|ptt|dt|rt|rtr|cbt|soat|ft|imt|agent|oas|ffct)-[\w.-]{8,}|xox[a-z](?:\.\w+)?-[\w-]{6,}|xapp-[\w-]{8,}|[sprw]k_(?:live|test|prod)_\w{6,}|whsec_[\w+/=]{6,}|sk-(?:proj-|ant-|svcacct-|or-|live-|test-)[\w-]{6,}|sk-[A-Za-z0-9]{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,}|pypi-A[\w-]{16,}|SG\.[\w-]{8,}\.[\w-]{8,}|(?:SK|AC)[0-9a-f]{32}|key-[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{16,}|dckr_pat_[\w-]{8,}|hv[sbr]\.[\w-]{16,}|dapi[0-9a-f]{32}|lin_api_\w{16,}|shp(?:at|ca|pa|ss)_\w{16,}|ATATT3[\w=-]{16,}|\d{8,10}:AA[\w-]{30,}|PMAK-[\w-]{16,}|glsa_\w{16,}|glc_[\w=]{16,}|NRAK-\w{16,}|AGE-SECRET-KEY-1\w{16,}|sq0[a-z]{3}-[\w-]{16,}|eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)*)` +
	`|\$\$?(?:2[abxy]?|[156y]|apr1|argon2[a-z]*)\$\$?[^\s'":]{4,}`)

// hook matches URLs whose path is the secret.
var hook = regexp.MustCompile(`(?i)((?:hooks\.slack(?:-gov)?\.com|webhook\.office(?:365)?\.com|outlook\.office(?:365)?\.com/webhook|\.logic\.azure\.com(?::443)?|discord(?:app)?\.com/api(?:/v\d+)?/webhooks|hooks\.zapier\.com|api\.telegram\.org|maker\.ifttt\.com|mattermost[\w.-]*/hooks|/hooks/catch|chat\.googleapis\.com))/[^\s'"]+`)

var oracle = regexp.MustCompile(`(?i)(jdbc:(?:[a-z0-9]+:)+)[^\s:/@'"]+/[^\s'"]*@`)

var digest = regexp.MustCompile(`^(?i:sha(?:256|384|512):)`)

// bareUser matches a user and a password without a scheme before them: //u:p@h, u:p@h.example, u:p@tcp(h).
var bareUser = regexp.MustCompile(`((?:^|[\s'"=(])(?://)?)([\w.%+-]+):[^\s@/:'"][^\s@/'"]*@((?:tcp|udp|unix)\(|localhost\b|[a-zA-Z][\w-]*\.[\w.-]*[a-zA-Z]|[\w.-]+:\d+|\d+\.\d+\.\d+\.\d+)`)

var noUser = set("jdbc", "npm", "mailto", "sip", "sips", "workspace", "acct", "pkg", "docker", "image", "node", "xmpp")

var bearer = regexp.MustCompile(`(?i)(\b(?:bearer|basic)(?: |\\ |%20|\+))([^\s'"\\,;)}]{6,})`)

var sql = regexp.MustCompile(`(?i)(\b(?:identified\s+(?:with\s+\S+\s+)?(?:by|as)|password)\s+(?:password\s+)?)(\\?['"])[^'"\\]+\\?['"]`)

// # URLs

var (
	scheme   = regexp.MustCompile(`(?i)[a-z0-9+.-]*:(?:\\?/|\\\\){2,}|[a-z][a-z0-9+.-]+:[/\\]`)
	wholeURL = regexp.MustCompile(`^((?:jdbc:)?[a-zA-Z][a-zA-Z0-9+.-]{1,20}://(?:\[[0-9a-fA-F:.]+\]|[\w.-]|\$\{[\w.-]+\}|\$\w+)+(?::(?:\d{1,5}|\$\{[\w.-]+\}|\$\w+))?(?:,[\w.-]+(?::\d{1,5})?)*)(?:[/?#;][^\s]*)?$`)
	port     = regexp.MustCompile(`^(?:\[[^\]]*\]|[^:\[\]]*)(?::(?:\d{1,5}|\*|[$%{<@].*))?$`)
	// signed matches schemes of systems that ask for a user; there a slash before the @ is rather one of the password
	signed = regexp.MustCompile(`(?i)^(?:amqps?|rediss?|mongodb(?:\+srv)?|postgres(?:ql)?|mysql|mariadb|smtps?|imaps?|ldaps?|ftps?|sftp|mqtts?|nats|kafka|sqlserver|mssql|oracle|clickhouse|cockroachdb)[:+]`)
	web    = regexp.MustCompile(`(?i)^(?:git\+|hg\+|svn\+|vcs\+)?(?:https?|wss?|file|s3|gs|npm)[:+]`)
	behind = regexp.MustCompile(`@(?:sha\d+:[0-9a-fA-F]+|v?\d[\w.+-]*|main|master|develop|HEAD|[0-9a-f]{7,40})(?:[#?&].*)?$`)
	ipv4   = regexp.MustCompile(`^@\d+\.\d+\.\d+\.\d+`)
	surely = regexp.MustCompile(`(?i)^(?:localhost|\[|[^:]*[.$%{<])`) // a host with a port, not a user with a password
	scope  = regexp.MustCompile(`/@[\w.-]+(?:/|$)`)
	query  = regexp.MustCompile(`([?&;]|&amp;|%26)([\w.$%\[\]-]+)=([^\s&'"]*)`)
)

// hosts takes users and passwords out of the URLs of s.
func hosts(s string) string {
	ms := scheme.FindAllStringIndex(s, -1)
	if ms == nil {
		return s
	}
	var b strings.Builder
	at := 0
	for i, m := range ms {
		if m[0] < at {
			continue
		}
		end := endOfURL(s, m)
		for _, n := range ms[i+1:] { // a list of URLs
			if n[0] >= end {
				break
			}
			if c := s[n[0]-1]; c == ',' || c == ';' || c == '|' {
				end = n[0] - 1
				break
			}
			if n[0]-m[0] > 64 {
				break
			}
		}
		rest := s[m[1]:end]
		from, to, with := user(s[m[0]:m[1]], rest, end == len(s) || strings.HasPrefix(s[end:], hole))
		if to > from || with != "" {
			b.WriteString(s[at:m[1]+from] + with)
			at = m[1] + to
		}
	}
	return b.String() + s[at:]
}

// endOfURL returns where the URL ends whose scheme stands at m: at the quotation mark that it follows, or where there is a blank.
func endOfURL(s string, m []int) int {
	i := m[0]
	for i > 0 && m[0]-i < 64 && !strings.ContainsRune(" \t\r\n'\"`,;|=(", rune(s[i-1])) {
		i--
	}
	limit := min(len(s), m[1]+maxURL)
	if i > 0 && strings.IndexByte("'\"`", s[i-1]) >= 0 {
		if n := strings.IndexByte(s[m[1]:limit], s[i-1]); n >= 0 && !strings.Contains(s[m[1]:m[1]+n], "\n") {
			return m[1] + n
		}
	}
	if i == 0 && (len(s) == limit) && !strings.ContainsAny(s[m[1]:], "\n'\"") {
		// the whole value: a blank may be one of the password
		if first := strings.IndexAny(s[m[1]:], " \t"); first >= 0 && strings.Contains(s[m[1]:m[1]+first], ":") && !strings.Contains(s[m[1]:m[1]+first], "@") &&
			!port.MatchString(authority(s[m[1]:m[1]+first])) && strings.Contains(s[m[1]+first:], "@") {
			return len(s)
		}
	}
	if n := strings.IndexAny(s[m[1]:limit], " \t\r\n"); n >= 0 {
		return m[1] + n
	}
	return limit
}

func authority(rest string) string {
	if n := strings.IndexAny(rest, "/?#"); n >= 0 {
		return rest[:n]
	}
	return rest
}

// user returns what of a URL after its scheme is to be cut, and what to put there.
func user(scheme, rest string, open bool) (from, to int, with string) {
	auth := authority(rest)
	at, far := strings.LastIndexByte(auth, '@'), strings.LastIndexByte(rest, '@')
	if far < 0 {
		if i := strings.IndexByte(auth, ':'); open && i >= 0 && len(auth) == len(rest) && !strings.HasSuffix(auth, ":"+hole) &&
			slices.ContainsFunc(strings.Split(auth, ","), func(h string) bool { return !port.MatchString(h) }) {
			return i + 1, len(auth), hole // a cut off password
		}
		return 0, 0, ""
	}
	trimmed := rest
	if m := behind.FindStringIndex(trimmed); m != nil && !ipv4.MatchString(trimmed[m[0]:]) {
		trimmed = trimmed[:m[0]]
	}
	trimmed = scope.ReplaceAllStringFunc(trimmed, func(s string) string { return strings.ReplaceAll(s, "@", "_") })
	near := strings.LastIndexByte(trimmed, '@') // the last @ that is not one of a path
	upTo := func(end int) (int, int, string) {  // what is before the @ at end is a user, and a password if there is a colon
		if end < 0 {
			return 0, 0, ""
		}
		name, password, both := strings.Cut(rest[:end], ":")
		switch {
		case both && password == hole, both && aReference(password) && (aReference(name) || plainUser(name, "reference")):
			return 0, 0, ""
		case both && plainUser(name, password):
			return len(name) + 1, end, hole
		case !both && alone.MatchString(name) && lone.MatchString(scheme):
			return 0, 0, ""
		}
		return 0, end + 1, ""
	}
	switch {
	case at >= 0 && strings.Contains(auth[:at], ":"), at >= 0 && signed.MatchString(scheme):
		return upTo(max(at, near))
	case at >= 0:
		return upTo(at)
	case strings.HasPrefix(auth, ":"):
		return 0, far + 1, ""
	case strings.Contains(auth, ":") && slices.ContainsFunc(strings.Split(auth, ","), func(h string) bool { return !port.MatchString(h) }):
		return upTo(far)
	case strings.Contains(auth, ":") && !(web.MatchString(scheme) && surely.MatchString(auth)), signed.MatchString(scheme):
		return upTo(near)
	}
	return 0, 0, ""
}

var (
	userName = regexp.MustCompile(`^[A-Za-z][A-Za-z_.-]{0,23}\d{0,3}$`)
	alone    = regexp.MustCompile(`^[a-z]{1,16}$`)
	lone     = regexp.MustCompile(`(?i)^(?:amqps?|mongodb(?:\+srv)?|postgres(?:ql)?|mysql|mariadb|smtps?|imaps?|ldaps?|ftps?|sftp|ssh|sqlserver|mssql|oracle|clickhouse|cockroachdb):`)
	whose    = regexp.MustCompile(`(://)[^/@\s]*@`)
)

// plainUser says that name, with a password behind it, is that of a user: where a token stands in its place the password is short, or says so.
func plainUser(name, password string) bool {
	return userName.MatchString(name) && len(password) >= 4 && !strings.HasPrefix(password, "x-oauth") && !machine(name)
}

// queries masks what stands under secret names in the queries of URLs and behind the semicolons of a connection string.
func queries(s string) string {
	if !strings.ContainsRune(s, '=') {
		return s
	}
	var b strings.Builder
	at := 0
	for _, m := range query.FindAllStringSubmatchIndex(s, -1) {
		name, value := s[m[4]:m[5]], s[m[6]:m[7]]
		to := m[7]
		if s[m[2]:m[3]] == ";" {
			if i := strings.IndexByte(value, ';'); i >= 0 {
				value, to = value[:i], m[6]+i
			}
		}
		if value == "" || !named(name) && !weak[last(name)] || harmless(name, value) || aReference(value) {
			continue
		}
		b.WriteString(s[at:m[6]] + hole)
		at = to
	}
	return b.String() + s[at:]
}

// # Names and values in a text

var pair = regexp.MustCompile(`([A-Za-z_][\w.-]*)(\\?["'])?[ \t]*(=>|:=|={1,3}|:)[ \t]*`)

var portOnly = regexp.MustCompile(`^\d{1,5}(?:[^\w.@:%+-]|$)`)

// authorityAt says that a host of a URL begins at i: behind :// and what is no slash.
func authorityAt(s string, i int) bool {
	from := max(0, i-maxURL/8)
	head := s[from:i]
	if n := strings.LastIndexAny(head, " \t\r\n\"'`"); n >= 0 {
		head = head[n+1:]
	}
	n := strings.LastIndex(head, "://")
	return n >= 0 && !strings.Contains(head[n+3:], "/") && (head[n+3:] == "" || strings.ContainsAny(head[len(head)-1:], ",@."))
}

// pairs masks the values of NAME=VALUE, NAME: VALUE and the like.
func pairs(s string) string {
	var b strings.Builder
	at := 0
	for _, m := range pair.FindAllStringSubmatchIndex(s, -1) {
		if m[0] < at || m[1] >= len(s) || m[3]-m[2] > 256 {
			continue
		}
		name, colon := s[m[2]:m[3]], s[m[6]] == ':' && m[7] == m[6]+1
		if colon && m[1] == m[7] && (strings.HasPrefix(s[m[1]:], hole+"@") || authorityAt(s, m[2]) && portOnly.MatchString(s[m[1]:])) {
			continue // a user whose password is masked; a host and its port
		}
		if colon && (s[m[1]] == ':' || m[1] == m[7] && s[m[7]] == '/' || m[1] > m[7] && m[0] > 0 && s[m[0]-1] == '/') || !named(name) && !weak[last(name)] {
			continue
		}
		if colon && m[1] == m[7] && !lastWord[last(name)] && !secretKey.MatchString(last(name)) && strings.IndexByte("\"'\\", s[m[1]]) < 0 && !header.MatchString(name) {
			continue // the tag of an image
		}
		from, to := valueOf(s, m, colon)
		value := s[from:to]
		bare := strings.Trim(value, "\"'\\ \t")
		if bare == "" || harmless(name, bare) || aReference(value) || strings.HasPrefix(bare, "$(") && !echoes.MatchString(bare) ||
			!named(name) && !odd(bare) || mounted.MatchString(value) {
			continue
		}
		b.WriteString(s[at:from] + hole)
		at = to
	}
	return b.String() + s[at:]
}

var (
	header   = regexp.MustCompile(`(?i)^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]+|private-token)$`)
	whole    = regexp.MustCompile(`(?i)^(?:(?:proxy-)?authorization|(?:set-)?cookie)$`)
	methods  = regexp.MustCompile(`(?i)^(?:bearer|basic|token|digest|negotiate|apikey)(?:\\? )+`)
	echoes   = regexp.MustCompile(`^\$\(\s*(?:echo|printf)\b`)
	mounted  = regexp.MustCompile(`^(?:id|type|src|source|env)=`)
	followed = regexp.MustCompile(`^(?:.\s|.$|&&|\|\||;;|.["'\\)}\]]|.[A-Za-z_][\w.-]*\\?["']?[=:])`)
)

// valueOf returns where the value behind a name begins and ends.
func valueOf(s string, m []int, colon bool) (from, to int) {
	from = m[1]
	line := len(s)
	if n := strings.IndexByte(s[from:], '\n'); n >= 0 {
		line = from + n
	}
	quoted := func(q string) (int, int) {
		for i := from + len(q); i < len(s); i++ {
			switch {
			case strings.HasPrefix(s[i:], q):
				return from + len(q), i
			case s[i] == '\\' && q == `"`:
				i++
			}
		}
		return from + len(q), len(s)
	}
	// the whole of a header, up to the mark that it is quoted with
	if colon && m[4] < 0 && m[2] > 0 && strings.IndexByte("\"'", s[m[2]-1]) >= 0 && strings.IndexByte("\"'\\", s[from]) < 0 {
		if n := strings.IndexByte(s[from:line], s[m[2]-1]); n >= 0 {
			line = from + n
		}
		if n := methods.FindString(s[from:line]); n != "" {
			from += len(n)
		}
		if line > from && s[line-1] == '\\' {
			line--
		}
		return from, line
	}
	if n := methods.FindString(s[from:line]); n != "" && whole.MatchString(s[m[2]:m[3]]) {
		from += len(n)
	}
	switch {
	case strings.HasPrefix(s[from:], `\"`), strings.HasPrefix(s[from:], `\'`):
		return quoted(s[from : from+2])
	case from < len(s) && (s[from] == '"' || s[from] == '\''):
		return quoted(s[from : from+1])
	case strings.HasPrefix(s[from:], "${"):
		if n := strings.IndexByte(s[from:line], '}'); n >= 0 {
			to = from + n + 1
			if to < line && s[to] == '}' { // ${{ x }}
				to++
			}
			if to == line || strings.IndexByte(" \t;&|\"')}", s[to]) >= 0 {
				return from, to
			}
		}
	case strings.HasPrefix(s[from:], "{{"):
		if n := strings.Index(s[from:line], "}}"); n >= 0 {
			return from, from + n + 2
		}
	case echoes.MatchString(s[from:line]):
		if n := strings.IndexByte(s[from:line], ')'); n >= 0 {
			return from, from + n + 1
		}
		return from, line
	case colon && whole.MatchString(s[m[2]:m[3]]):
		if n := strings.IndexAny(s[from:line], "\"'"); n >= 0 {
			return from, from + n
		}
		return from, line
	}
	for to = from; to < line; to++ {
		switch c := s[to]; c {
		case ' ', '\t', '\r':
			return from, to
		case '\\':
			if to+1 < line && (s[to+1] == '"' || s[to+1] == '\'') {
				return from, to
			}
			to++
		case '"', '\'':
			if to+1 >= line || strings.IndexByte(" \t;&|,)}]", s[to+1]) >= 0 {
				return from, to
			}
		case ';', '&', ',', '|', ')', '}', ']':
			if followed.MatchString(s[to:min(line, to+64)]) {
				return from, to
			}
		}
	}
	return from, min(to, line)
}

// # Commands

// A token is a word of a command with the quotation marks around it, or what ends one.
type token struct {
	before, text string
	ends         bool
}

// tokens takes a text apart as a shell does. A mark without its fellow is like any other character.
func tokens(s string) (all []token) {
	gone := map[byte]bool{}
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\n' || s[i+1] == '\r')) {
			if s[i] == '\\' {
				i++
			}
			i++
		}
		t := token{before: s[from:i]}
		from = i
		for i < len(s) {
			c := s[i]
			if strings.IndexByte(" \t\r\n;|&", c) >= 0 {
				break
			}
			if c == '\\' && i+1 < len(s) {
				if s[i+1] == '\n' || s[i+1] == '\r' {
					break
				}
				i++
			} else if (c == '"' || c == '\'') && !gone[c] {
				n := i + 1
				for n < len(s) && s[n] != c {
					if s[n] == '\\' && c == '"' {
						n++
					}
					n++
				}
				if n < len(s) {
					i = n
				} else {
					gone[c] = true
				}
			}
			i++
		}
		i = min(i, len(s))
		if i == from && i < len(s) {
			t.ends = true
			for i < len(s) && strings.IndexByte("\n;|&", s[i]) >= 0 {
				i++
			}
			if i == from { // a backslash before a line's end: of the next token
				i++
				t.ends = false
			}
		}
		t.text = s[from:i]
		all = append(all, t)
	}
	return all
}

func commands(s string, depth int) string {
	if depth == 0 || !strings.ContainsAny(s, " \t\n") {
		return s
	}
	ts := tokens(s)
	list(ts, depth)
	var b strings.Builder
	for _, t := range ts {
		b.WriteString(t.before + t.text)
	}
	return b.String()
}

// within masks the scripts that are quoted in a word.
func within(w string, depth int) string {
	if depth == 0 || !strings.ContainsAny(w, " \t\n") {
		return w
	}
	i := strings.IndexAny(w, "\"'")
	if i < 0 {
		return w
	}
	j := strings.LastIndexByte(w, w[i])
	if j <= i {
		return w
	}
	return w[:i+1] + commands(w[i+1:j], depth-1) + w[j:]
}

// unquote returns a word without the marks at its ends, and how long these are.
func unquote(w string) (bare string, before, after int) {
	bare = strings.TrimLeft(w, "<\"'`({\\")
	bare = strings.TrimPrefix(bare, "$(")
	bare = strings.TrimPrefix(bare, "$'")
	before = len(w) - len(bare)
	t := strings.TrimRight(bare, "\"'`;,\\")
	if strings.HasSuffix(t, ")") && !strings.Contains(t, "(") {
		t = strings.TrimRight(t, ")")
	}
	if strings.HasSuffix(t, "}") && !strings.Contains(t, "{") {
		t = strings.TrimRight(t, "}")
	}
	return t, before, len(bare) - len(t)
}

// shortFlags are flags that take a password, by the command; those behind a + may have it attached.
var shortFlags = map[string]string{
	"mysql": "+-p", "mysqldump": "+-p", "mysqladmin": "+-p", "mysqlimport": "+-p", "mysqlshow": "+-p", "mysqlcheck": "+-p", "mysqlsh": "+-p",
	"mariadb": "+-p", "mariadb-dump": "+-p", "mariadb-admin": "+-p", "sshpass": "+-p", "7z": "+-p", "7za": "+-p", "rar": "+-p",
	"useradd": "-p", "usermod": "-p", "adduser": "-p", "login": "-p", "mongo": "-p", "mongosh": "-p", "mongodump": "-p", "mongorestore": "-p",
	"mongoimport": "-p", "mongoexport": "-p", "cypher-shell": "-p", "cqlsh": "-p", "nuget": "-p", "twine": "-p", "dotnet": "-k -p", "flyctl": "-t", "fly": "-t", "wget": "", "groupadd": "-p",
	"redis-cli": "+-a", "zip": "+-P", "unzip": "+-P", "sqlcmd": "+-P", "bcp": "+-P", "mosquitto_pub": "-P", "mosquitto_sub": "-P",
	"ssh-keygen": "-N -P", "openssl": "-k -K -pass", "ldapsearch": "-w", "ldapadd": "-w", "ldapmodify": "-w", "ldappasswd": "-w -s -a", "ldapdelete": "-w",
	"curl": "-b", "gh": "-b", "xfreerdp": "", "snmpwalk": "-A -X -c", "ipmitool": "-P", "pkcs11-tool": "-p", "kinit": "", "http": "-a", "https": "-a", "xh": "-a",
	"iqlsh": "-p", "isql": "-P", "influx": "-p -t", "kadmin": "-w", "kadmin.local": "-pw", "create-user": "-p", "asadmin": "", "add-user.sh": "-p", "jboss-cli.sh": "-p",
}

var userFlag = regexp.MustCompile(`^(?:-u|-U|--user|--proxy-user|--username|--userpwd|--credentials|--basic-auth|--http-user|-a|--auth)$`)

var (
	numeric  = regexp.MustCompile(`^\d{1,5}:\d{1,5}$`)
	flag     = regexp.MustCompile(`^--?[A-Za-z][\w.-]*$`)
	noSecret = regexp.MustCompile(`(?i)[-_.](?:stdin|fd|env|std-in)$`)
	stdin    = regexp.MustCompile(`(?i)\bchpasswd\b|--(?:password|passphrase|token|key|secret)-?(?:stdin|fd)\b|\bpasswd\b|\bsudo\s+-\w*S|--with-token|--pass(?:word|phrase)?-?stdin|--stdin\b|\bkinit\b|\bcryptsetup\b|\bbase64\b|\blogin\b`)
	account  = regexp.MustCompile(`^[\w.$-]+:[^\s/][^\s]*$`)
)

// list masks the words of ts. With a depth of 0, no word is a script.
func list(ts []token, depth int) {
	feeds, accounts := false, false
	for _, t := range ts {
		if strings.Contains(t.text, "chpasswd") {
			accounts = true
		}
	}
	if depth > 0 {
		var b strings.Builder
		for _, t := range ts {
			b.WriteString(t.text + " ")
		}
		feeds = stdin.MatchString(b.String())
	}
	var attached, apart []string // of the command at hand
	var set, plus, echo, open bool
	var prev, prev2, name string
	count := 0
	for i := range ts {
		t := &ts[i]
		if t.ends {
			attached, apart, set, plus, echo, prev, prev2, name, count = nil, nil, false, false, false, "", "", "", 0
			continue
		}
		bare, before, after := unquote(t.text)
		base := strings.TrimSuffix(bare[strings.LastIndexAny(bare, "/\\(`")+1:], ".exe")
		hide := func(from int) {
			t.text = t.text[:before+from] + hole + t.text[len(t.text)-after:]
		}
		shown := func() bool { // what is no secret wherever it stands
			return bare == "" || strings.HasPrefix(bare, hole) || aReference(bare) && !(strings.HasPrefix(t.text, "'$") && strings.ToUpper(bare) != bare && !strings.Contains(bare, "{")) ||
				strings.HasPrefix(t.text, "$(") && !strings.HasPrefix(base, "echo") && !strings.HasPrefix(base, "printf")
		}
		dashed := strings.HasPrefix(bare, "-")
		if strings.HasPrefix(t.text, "(") || strings.HasPrefix(t.text, "{") {
			open = true
		}
		masked := true
		switch {
		case shown():
			masked = false
		case flag.MatchString(prev) && !dashed && len(prev) > 2 && !noSecret.MatchString(prev) && (named(prev) || weak[last(prev)]) &&
			!harmless(strings.TrimLeft(prev, "-"), bare) && !mounted.MatchString(bare):
			hide(0)
		case userFlag.MatchString(prev) && strings.Contains(bare, ":") && !numeric.MatchString(bare) && !strings.Contains(bare, "://"):
			hide(0)
		case strings.HasPrefix(bare, "-u") && len(bare) > 3 && strings.Contains(bare, ":") && !strings.HasPrefix(bare, "-url") && !strings.Contains(bare, "://"):
			hide(2)
		case prev != "" && slices.Contains(apart, prev) && !dashed && !plainWord.MatchString(bare):
			hide(0)
		case slices.ContainsFunc(apart, func(f string) bool {
			return strings.HasPrefix(bare, f+"=") && !aReference(bare[len(f)+1:]) && len(bare) > len(f)+1
		}):
			hide(strings.IndexByte(bare, '=') + 1)
		case slices.ContainsFunc(attached, func(f string) bool {
			return strings.HasPrefix(bare, f) && len(bare) > len(f) && !aReference(bare[len(f):]) && !aReference(strings.Trim(bare[len(f):], `"'`))
		}):
			hide(2)
		case set && prev != "" && !dashed && (named(prev) || weak[last(prev)] && last(prev) != "") && !harmless(prev, bare) && !flag.MatchString(prev) && !strings.ContainsRune(bare, '='):
			hide(0)
		case set && strings.HasPrefix(prev2, "http-basic"):
			hide(0)
		case accounts && account.MatchString(bare) && !strings.Contains(bare, "$"):
			hide(strings.IndexByte(bare, ':') + 1)
		case feeds && echo && !dashed && (open || piped(ts[i:])):
			hide(0)
		case (name == "add_user" || name == "change_password") && count == 1 && !dashed:
			hide(0)
		case name == "htpasswd" && plus && count >= 2 && !dashed:
			hide(0)
		case (name == "sqlplus" || name == "expdp" || name == "impdp" || name == "sqlldr" || name == "rman" || name == "exp" || name == "imp") && !dashed && strings.Contains(bare, "/") && !strings.HasPrefix(bare, "/") && !strings.HasPrefix(bare, "@"):
			hide(strings.IndexByte(bare, '/') + 1)
		case name == "smbclient" && strings.Contains(bare, "%"):
			hide(strings.IndexByte(bare, '%') + 1)
		case name == "lftp" && prev == "-u" && strings.Contains(bare, ","):
			hide(strings.IndexByte(bare, ',') + 1)
		case (prev == "login" && (prev2 == "vault" || prev2 == "cargo") || prev == "auth" && prev2 == "snyk") && !dashed:
			hide(0)
		case prev == "requirepass", prev == "masterauth", prev == "password" && name == "mysqladmin", prev2 == "user" && name == "net" && !dashed,
			name == "passwd" && !dashed:
			hide(0)
		default:
			masked = false
		}
		if !masked {
			t.text = within(t.text, depth)
			if !dashed && name != "" {
				count++
			}
			if fs, ok := shortFlags[base]; ok && (name == "" || base == "login" || !dashed) {
				for _, f := range strings.Fields(strings.TrimPrefix(fs, "+")) {
					apart = append(apart, f)
					if fs[0] == '+' {
						attached = append(attached, f)
					}
				}
			}
			switch base {
			case "set", "config", "configure", "setx", "setenv", "set-secret", "add", "export", "put":
				set = true
			case "echo", "printf", "yes":
				echo = true
			case "htpasswd", "sqlplus", "expdp", "impdp", "sqlldr", "rman", "exp", "imp", "smbclient", "lftp", "add_user", "change_password", "mysqladmin", "net":
				name, count = base, 0
			}
			if base == "passwd" && prev == "openssl" {
				name, count = base, 0
			}
			if name == "htpasswd" && dashed && strings.Contains(bare, "b") {
				plus = true
			}
			if strings.HasSuffix(t.text, ")") || strings.HasSuffix(t.text, "}") {
				open = false
			}
		} else {
			count++
		}
		prev2, prev = prev, bare
	}
}

// piped reports whether what ts begin with is passed on to another command.
func piped(ts []token) bool {
	for _, t := range ts[:min(len(ts), 64)] {
		if t.ends {
			return t.text == "|"
		}
	}
	return len(ts) > 64
}

// # Random strings

var (
	run     = regexp.MustCompile(`[A-Za-z0-9+/_-]{32,}=*`)
	uuid    = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	idName  = regexp.MustCompile(`(?i)(?:^|[-_.\[\]:/])(?:ids?|uuid|guid)[\]\d]*$|[a-z](?:Id|ID|Ids|Uuid|UUID|Guid|GUID)$|(?i:client|tenant|app|application|project|subscription|object|principal|directory|org|organization|group|device|resource|user|account|instance|cluster|node|message|trace|request)(?i:id|guid)$`)
	sumName = regexp.MustCompile(`(?i)(?:version|commit|revision|\brev|_rev|\bref|sha\d*|digest|checksum|hash|integrity|etag|fingerprint|\btag|md5|sum|image)[\w\]]*$`)
	before  = regexp.MustCompile(`([\w.-]+)\\?["']?(?:[ \t]*[=:]+[ \t]*|[ \t]+)\\?["']?$`)
	summed  = regexp.MustCompile(`(?i)(?:sha(?:1|224|256|384|512)[-:=_]|md5[-:=]|h1:|[@#]|/(?:commit|tree|blob|raw|archive|tar\.gz|zip|zipball|tarball|commits)/|checkout[ \t]+|reset --hard[ \t]+|(?:raw\.githubusercontent|github|gitlab|codeload\.github)\.com/[\w./-]*|login\.microsoftonline\.com/|sts\.windows\.net/)$`)
	archive = regexp.MustCompile(`^[\w./+%-]*\.(?:whl|tar\.gz|tgz|zip|jar|tar\.bz2|tar\.xz|gem|crate|nupkg|aar|egg)\b`)
	sums    = regexp.MustCompile(`(?i)(?:sha\d+sum|shasum|md5sum|cksum|--checksum|--hash)`)
)

// random masks words that nobody would write but a machine: 32 and more characters of which no part reads like a word.
func random(s, key string) string {
	if len(s) < 32 {
		return s
	}
	sumsHere := sums.MatchString(s)
	context := func(at int) string { // the name before
		from := max(0, at-96)
		for from < at && !utf8.RuneStart(s[from]) {
			from++
		}
		if m := before.FindStringSubmatch(s[from:at]); m != nil {
			return m[1]
		}
		return key
	}
	s = replace(s, uuid, func(from, to int) bool {
		if from > 0 && wordly(s[from-1]) && s[from-1] != '/' && s[from-1] != '+' || to < len(s) && wordly(s[to]) && s[to] != '/' && s[to] != '+' {
			return false // a part of something longer
		}
		return !idName.MatchString(context(from)) && !exempt(s, from)
	})
	return replace(s, run, func(from, to int) bool {
		w := s[from:to]
		if uuid.MatchString(w) && (len(w) < 40 || strings.ContainsRune(w, '/')) {
			return false // that was decided above
		}
		if !machine(w) {
			return false
		}
		hex := strings.Trim(strings.ToLower(longest(w)), "0123456789abcdef") == ""
		if exempt(s, from) || sumName.MatchString(context(from)) {
			return false
		}
		if i := strings.Index(w, longest(w)); exempt(s, from+i) {
			return false
		}
		if hex && (sumsHere || archive.MatchString(s[to:]) && strings.Contains(s[max(0, from-256):from], "://")) {
			return false
		}
		return true
	})
}

func exempt(s string, at int) bool {
	from := max(0, at-96)
	return summed.MatchString(strings.ToValidUTF8(s[from:at], "?"))
}

func wordly(c byte) bool {
	return c == '_' || c == '-' || c == '+' || c == '/' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func replace(s string, re *regexp.Regexp, is func(from, to int) bool) string {
	var b strings.Builder
	at := 0
	for _, m := range re.FindAllStringIndex(s, -1) {
		if is(m[0], m[1]) {
			b.WriteString(s[at:m[0]] + hole)
			at = m[1]
		}
	}
	return b.String() + s[at:]
}

// longest returns the longest part of w between slashes, hyphens and underscores.
func longest(w string) (l string) {
	for p := range strings.FieldsFuncSeq(w, func(r rune) bool { return r == '/' || r == '-' || r == '_' || r == '=' }) {
		if len(p) > len(l) {
			l = p
		}
	}
	return l
}

// machine reports whether w is as good as random. Words, also those joined by hyphens, slashes or capitals, are long; what
// lies in a random string between a digit, a capital and a separator is short.
func machine(w string) bool {
	seps := strings.Count(w, "/") + strings.Count(w, "-") + strings.Count(w, "_")
	long := 4
	switch {
	case seps*8 >= len(w): // a path, or words with hyphens
		if w = longest(w); len(w) < 16 {
			return false
		}
	case seps*16 >= len(w):
		long = 3
	}
	var letters, parts int
	var lower, upper, digit bool
	last := byte(0)
	for i := range len(w) {
		c := byte(0)
		switch x := w[i]; {
		case 'a' <= x && x <= 'z':
			c, lower = 'a', true
			letters++
		case 'A' <= x && x <= 'Z':
			c, upper = 'A', true
			letters++
		case '0' <= x && x <= '9':
			c, digit = '0', true
		}
		if c != last && c != 0 && !(last == 'A' && c == 'a') {
			parts++
		}
		last = c
	}
	if !digit && !(lower && upper) || !lower && !upper {
		return false
	}
	return letters < long*parts
}
