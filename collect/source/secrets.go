package source

import (
	"regexp"
	"strings"

	"assay/fact"
	"assay/program"
)

// masked takes out of a program's tree what looks like a secret: by its own shape, by the name that it is given to, and where
// it is joined with others to something of that shape. A literal that was masked is a String all the same, with a hole in it.
// What a name says to be something about a secret stays, such as the header that carries it, and so do plain paths.
func masked(t *program.Tree) {
	m := masker{Tree: t, texts: map[string]string{}, names: map[string]bool{}, passwords: map[int]bool{}}
	type level struct {
		end int
		key string // what values directly below are called
	}
	var open []level
	before := "" // the string that was the argument before this one
	for i := range t.Nodes {
		for len(open) > 0 && i >= open[len(open)-1].end {
			open = open[:len(open)-1]
		}
		n, key := &t.Nodes[i], ""
		if len(open) > 0 {
			key = open[len(open)-1].key
		}
		below := ""
		switch n.Kind {
		case program.String:
			n.Text = m.text(key, n.Text)
			continue
		case program.Number:
			if m.secret(key) && m.text(key, n.Text) != n.Text {
				n.Kind, n.Text = program.String, hole
			}
			continue
		case program.Var, program.Field, program.Param, program.Pair:
			below = n.Text
		case program.Assign:
			below = m.name(t.Kid(i, 0))
		case program.New:
			m.positions(i, t.Text(t.Kid(i, 0, program.TypeRef)))
		case program.Call:
			before = ""
			m.positions(i, m.name(t.Kid(i, 0)))
			if callee := m.name(t.Kid(i, 0)); sets(callee) && t.Kid(i, 1, program.Arg) < 0 {
				below = callee
			}
		case program.Arg:
			switch {
			case n.Text != "":
				below = n.Text
			case m.passwords[i]:
				below = "password"
			case before != "" && m.secret(before) && settingName.MatchString(before):
				below = before
			default:
				below = key
			}
			before = t.Text(t.Kid(i, 0, program.String))
		case program.Binary:
			below = key
			switch n.Text {
			case "==", "!=", "===", "!==":
				if below = m.name(t.Kid(i, 0)); below == "" {
					below = m.name(t.Kid(i, 1))
				}
			case "+", ".":
				if len(open) == 0 || !t.Is(i-1, program.Binary) || t.Nodes[i-1].Text != n.Text {
					if m.join(i) {
						below = ""
					}
				}
			}
		case program.Template:
			if below = key; m.join(i) {
				below = ""
			}
		case program.Cond, program.Cast, program.List, program.Spread:
			below = key
		}
		if n.End > i+1 {
			open = append(open, level{n.End, below})
		}
	}
}

// hole stands where a secret was, as it does in package fact.
const hole = "…"

var (
	settingName = regexp.MustCompile(`^[\w.:-]{1,128}$`)
	// described are names whose last word says that they hold no secret, but something about one
	described  = regexp.MustCompile(`(?i)(?:header|name|path|url|uri|endpoint|param|parameter|field|attribute|algorithm|alg|type|issuer|audience|format|regex|pattern|message|msg|error|label|file|column|table|topic|queue|prefix|suffix|claim|property|scope|role|policy|provider|service|route|page|view|template|title|description|placeholder)s?_?$`)
	headerName = regexp.MustCompile(`^(?:[A-Z][A-Za-z]*-)+[A-Z][A-Za-z]*$`)
	plainPath  = regexp.MustCompile(`^(?:/|(?:/[a-z{][a-z_{}:-]{0,24})+/?)$`)
)

// secretSetters are methods of builders that take a secret.
var secretSetters = wordSet("password secretkey apikey accesskey clientsecret accesstoken authtoken signingkey")

// sets reports whether a function by its name sets what the rest of its name says.
func sets(name string) bool {
	for _, p := range []string{"set", "Set", "with", "With"} {
		if rest, ok := strings.CutPrefix(name, p); ok && rest != "" && !('a' <= rest[0] && rest[0] <= 'z') {
			return true
		}
	}
	return len(name) < 20 && secretSetters[strings.ReplaceAll(strings.ToLower(name), "_", "")]
}

type masker struct {
	*program.Tree
	texts     map[string]string
	names     map[string]bool
	passwords map[int]bool // arguments that are passwords by their position
}

// A passwordSlot says which argument of a function is a password: the nth from 0, of at least so many in all; of just so many if it is exact.
type passwordSlot struct {
	nth, of int
	exact   bool
}

// passwordAt are functions and types that take a password by position, by their last name in lower case.
var passwordAt = map[string]passwordSlot{
	"setbasicauth": {1, 2, false}, "basicauth": {1, 2, true}, "basicauthentication": {1, 2, false}, "httpbasicauth": {1, 2, true}, "httpdigestauth": {1, 2, true}, "withbasicauth": {1, 2, true},
	"pdo": {2, 3, false}, "mysqli": {2, 3, false}, "mysqli_connect": {2, 3, false}, "mysql_connect": {2, 3, false}, "getconnection": {2, 3, true}, "drivermanagerdatasource": {2, 3, true}, "createpool": {2, 3, false},
	"plainauth": {2, 4, true}, "passwordauthentication": {1, 2, true}, "usernamepasswordauthenticationtoken": {1, 2, false}, "usernamepasswordcredentials": {1, 2, true}, "networkcredential": {1, 2, false},
	"credentials": {1, 2, true}, "plaincredentials": {1, 2, true}, "login": {1, 2, true}, "userpassword": {1, 2, true}, "plainauthenticator": {1, 2, true}, "passwordauthenticator": {1, 2, true}, "signwith": {1, 2, true},
	"hmac256": {0, 1, true}, "hmac384": {0, 1, true}, "hmac512": {0, 1, true}, "setsigningkey": {0, 1, true}, "noop": {0, 1, true},
}

// positions notes which argument of the call or construction at node i is a password by its position.
func (m *masker) positions(i int, callee string) {
	if n := strings.LastIndexAny(callee, `.\:`); n >= 0 {
		callee = callee[n+1:]
	}
	if len(callee) > 40 {
		return
	}
	p, ok := passwordAt[strings.ToLower(callee)]
	if !ok {
		return
	}
	var args []int
	for c := range m.Kids(i) {
		if m.Is(c, program.Arg) {
			args = append(args, c)
		}
	}
	if len(args) < p.of || p.exact && len(args) != p.of {
		return
	}
	m.passwords[args[p.nth]] = true
}

// name is what an assignment or a call calls the thing at node i.
func (m *masker) name(i int) string {
	switch {
	case m.Is(i, program.Name, program.Member):
		return m.Text(i)
	case m.Is(i, program.Index):
		if by := m.Kid(i, 1); m.Is(by, program.String) {
			return m.Text(by)
		}
	}
	return ""
}

// secret reports whether key is the name of a secret.
func (m *masker) secret(key string) bool {
	if key == "" {
		return false
	}
	s, ok := m.names[key]
	if !ok {
		s = contains(strings.ToLower(key), secretStems) && !described.MatchString(key) && fact.Masked(key, "x7Q!").Op != "const"
		m.names[key] = s
	}
	return s
}

func (m *masker) text(key, s string) string {
	if m.secret(key) && s != "" && !plainPath.MatchString(s) && !headerName.MatchString(s) && !restates(key, s) {
		if v := fact.Masked(key, s); v.Op == "const" {
			return v.Text
		}
		return hole
	}
	out, ok := m.texts[s]
	if !ok {
		if out = s; !clear(s) {
			if out = fact.MaskedText(s); out == s+hole { // "http://host:", to which a port is joined
				out = s
			}
		}
		m.texts[s] = out
	}
	return out
}

// restates reports whether a value is but words of its own name: cookieSessionID = "session-id".
func restates(key, value string) bool {
	if !strings.ContainsAny(value, "-_.") {
		return false
	}
	fold := strings.NewReplacer("_", "", "-", "", ".", "")
	return strings.Contains(strings.ToLower(fold.Replace(key)), strings.ToLower(fold.Replace(value)))
}

// join masks what only the whole of a text shows that is put together of several. It reports whether that is a URL, of which the
// parts are no secrets for all that the whole is called.
func (m *masker) join(i int) bool {
	var whole, plain strings.Builder
	var parts []int
	for c := i + 1; c < m.Nodes[i].End; c++ {
		switch n := m.Nodes[c]; {
		case n.Kind == program.String:
			whole.WriteString(n.Text)
			plain.WriteString(n.Text)
			parts = append(parts, c)
		case n.Kind == program.Binary && n.Text == m.Nodes[i].Text && m.Nodes[i].Kind == program.Binary, n.Kind == program.Template:
		default:
			whole.WriteString("${x}")
			plain.WriteString("x")
			c = n.End - 1
		}
	}
	if len(parts) == 0 || clear(plain.String()) {
		return false
	}
	all := whole.String()
	shown, url := fact.MaskedText(all), strings.Contains(all, "://")
	if shown == all {
		return url
	}
	for _, c := range parts {
		if bare := strings.Trim(m.Nodes[c].Text, " :@/?&=;,'\"()"); bare != "" && !strings.Contains(shown, bare) {
			m.Nodes[c].Text = hole
		}
	}
	return url
}

var (
	// secretStems are in every name that package fact takes for that of a secret.
	secretStems = strings.Fields(`pass pw secret token cred auth key salt sign dsn connection session sonar pin otp psk pat cookie sid bearer sig hmac seed mnemonic webhook license code`)
	// shapeStems are in every secret that it knows by its own shape and that has no other mark.
	shapeStems = strings.Fields(`begin bearer basic hook logic.azure telegram ifttt chat.google akia asia abia acca aiza ya29 gocspx github_pat npm_ _live_ _test_ _prod_ whsec_ hf_ _v1_ dckr_pat_ lin_api_
		shpat_ shpca_ shppa_ shpss_ glsa_ glc_ ghp_ gho_ ghu_ ghs_ ghr_ sg. hvs. hvb. hvr. eyj xox xapp sk- pypi glpat- glptt- gldt- glrt- glrtr- glcbt- glsoat- glft- glimt- glagent- gloas- glffct- key- atatt3 pmak nrak sq0 age-`)
	// commandWords are the words of commands behind which it looks for secrets without a flag.
	commandWords = wordSet(`set config configure setx setenv set-secret add export put echo printf yes chpasswd htpasswd sqlplus expdp impdp sqlldr rman exp imp smbclient lftp add_user change_password
		mysqladmin net login auth requirepass masterauth password passwd`)
)

func contains(s string, stems []string) bool {
	for _, x := range stems {
		if strings.Contains(s, x) {
			return true
		}
	}
	return false
}

// clear reports whether fact.MaskedText would leave s as it is, at a fraction of its cost: most texts hold nothing that it looks
// for. It may say no of a text that is clear.
func clear(s string) bool {
	if len(s) > 512 {
		return false
	}
	low := strings.ToLower(s)
	word, blanks := 0, false
	for i := 0; i < len(low); i++ {
		c := low[i]
		if c == '_' || c == '/' || c == '+' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			if word++; word >= 32 {
				return false
			}
			continue
		}
		switch c {
		case '-': // within a word; elsewhere it begins a flag
			if word++; word >= 32 || i == 0 || !letter(low[i-1]) {
				return false
			}
			continue
		case ':':
			if rest, url := strings.CutPrefix(low[i+1:], "//"); url {
				if n := strings.IndexAny(rest, "/?# "); n >= 0 {
					rest = rest[:n]
				}
				host, port, colon := strings.Cut(rest, ":")
				if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || colon && port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
					return false
				}
				i += 2
				break
			}
			if i+1 < len(low) && (low[i+1] == '/' || low[i+1] == '=') {
				return false
			}
			to := len(strings.TrimRight(low[:i], " \t"))
			from := to
			for from > 0 && (letter(low[from-1]) || low[from-1] == '_' || low[from-1] == '.' || low[from-1] == '-') {
				from--
			}
			if contains(low[from:to], secretStems) {
				return false
			}
		case ' ', '\n', '\t':
			blanks = true
		case ',', '.', '{', '}', '(', ')', '[', ']', '%', '!', '?', '*', '#', '^', '~':
		default:
			return false
		}
		word = 0
	}
	if contains(low, shapeStems) {
		return false
	}
	if blanks {
		for w := range strings.FieldsFuncSeq(low, func(r rune) bool { return !(letter(byte(r)) || r == '_' || r == '-') }) {
			if commandWords[w] {
				return false
			}
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
