package rules

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed comm1_suites.txt
var suitesText string

// A suite is a cipher suite of TLS as comm1_suites.txt has it.
type suite struct {
	code, name, family string
	matter             []string
}

var suites = sync.OnceValue(func() map[string]suite {
	all := map[string]suite{}
	for line := range strings.Lines(suitesText) {
		w := strings.Fields(line)
		if len(w) < 3 || w[0] == "#" || strings.HasPrefix(line, "#") {
			continue
		}
		x := suite{w[0], w[1], w[2], w[3:]}
		all[strings.ToUpper(x.name)], all[strings.ToUpper(x.code)] = x, x
	}
	return all
})

// A class is what ruling tls-suites makes of a suite or of an expression for several: listed, off-list (a question, which a parameter settles), forbidden, or
// unknown, what cannot be told.
type class int

const (
	onList class = iota
	offList
	forbidden
	notTold
)

// of returns the class of a suite.
func (x suite) class() class {
	if slices.ContainsFunc([]string{"anonymous", "export", "null", "md5"}, func(m string) bool { return slices.Contains(x.matter, m) }) {
		return forbidden
	}
	switch x.family {
	case "AES_GCM", "AES_CCM", "CHACHA20_POLY1305", "ARIA_GCM", "CAMELLIA_CBC":
		return onList
	case "AES_CBC", "ARIA_CBC", "CAMELLIA_GCM":
		return offList
	case "signalling":
		return onList
	}
	return forbidden
}

// remark is what is to be said of a suite though it passes: by the scheme's list, or what a stricter profile holds against it.
func (x suite) remark() string {
	if strings.HasPrefix(x.family, "CAMELLIA") || strings.HasPrefix(x.family, "ARIA") {
		return "listed by the scheme, not by NIST"
	}
	for _, m := range [][2]string{{"ccm8", "a tag of 64 bits"}, {"psk", "pre-shared keys"}, {"nopfs", "no forward secrecy"}, {"sha1", "an HMAC of SHA-1"}} {
		if slices.Contains(x.matter, m[0]) {
			return m[1]
		}
	}
	return ""
}

// suiteNamed finds a suite by the name that IANA, OpenSSL, Java or a constant of Go gives it.
func suiteNamed(name string) (suite, bool) {
	all := suites()
	name = strings.TrimPrefix(name, "tls.")
	try := []string{name}
	if rest, ok := strings.CutPrefix(name, "SSL_"); ok { // Java's older names
		try = append(try, "TLS_"+rest)
	}
	try = append(try, "TLS_"+name, fromOpenSSL(name))
	if strings.HasSuffix(name, "_CHACHA20_POLY1305") { // Go's older constants
		try = append(try, name+"_SHA256")
	}
	for _, n := range try {
		if x, ok := all[strings.ToUpper(n)]; ok {
			return x, true
		}
	}
	return suite{}, false
}

// openSSLKeys are the ways of exchanging keys as OpenSSL writes them before a suite, the longest first.
var openSSLKeys = [][2]string{
	{"ECDHE-ECDSA-", "ECDHE_ECDSA"}, {"ECDHE-RSA-", "ECDHE_RSA"}, {"ECDHE-PSK-", "ECDHE_PSK"}, {"ECDH-ECDSA-", "ECDH_ECDSA"}, {"ECDH-RSA-", "ECDH_RSA"}, {"AECDH-", "ECDH_anon"},
	{"DHE-RSA-", "DHE_RSA"}, {"DHE-DSS-", "DHE_DSS"}, {"DHE-PSK-", "DHE_PSK"}, {"DH-RSA-", "DH_RSA"}, {"DH-DSS-", "DH_DSS"}, {"RSA-PSK-", "RSA_PSK"}, {"EDH-RSA-", "DHE_RSA"}, {"EDH-DSS-", "DHE_DSS"},
	{"EXP-EDH-RSA-", "DHE_RSA_EXPORT"}, {"EXP-EDH-DSS-", "DHE_DSS_EXPORT"}, {"EXP-ADH-", "DH_anon_EXPORT"}, {"EXP-", "RSA_EXPORT"}, {"SRP-RSA-", "SRP_SHA_RSA"}, {"SRP-DSS-", "SRP_SHA_DSS"}, {"SRP-", "SRP_SHA"},
	{"ADH-", "DH_anon"}, {"PSK-", "PSK"},
}

// fromOpenSSL writes IANA's name of a suite that OpenSSL names: ECDHE-RSA-AES256-GCM-SHA384.
func fromOpenSSL(name string) string {
	name = strings.ToUpper(name)
	keys := "RSA"
	for _, k := range openSSLKeys {
		if rest, ok := strings.CutPrefix(name, k[0]); ok {
			keys, name = k[1], rest
			break
		}
	}
	name = strings.NewReplacer("AES256", "AES_256", "AES128", "AES_128", "CAMELLIA256", "CAMELLIA_256", "CAMELLIA128", "CAMELLIA_128", "ARIA256", "ARIA_256", "ARIA128", "ARIA_128",
		"DES-CBC3", "3DES_EDE_CBC", "DES-CBC", "DES_CBC", "RC2-CBC", "RC2_CBC_40", "RC4", "RC4_128", "IDEA-CBC", "IDEA_CBC", "SEED", "SEED_CBC").Replace(name)
	name = strings.ReplaceAll(name, "-", "_")
	if strings.HasPrefix(keys, "RSA_EXPORT") || strings.HasSuffix(keys, "_EXPORT") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "RC4_128", "RC4_40"), "DES_CBC", "DES40_CBC")
	}
	for _, cipher := range []string{"AES_256", "AES_128", "CAMELLIA_256", "CAMELLIA_128"} {
		if rest, ok := strings.CutPrefix(name, cipher+"_SHA"); ok { // what is no AEAD is CBC
			name = cipher + "_CBC_SHA" + rest
		}
	}
	if strings.HasSuffix(name, "CHACHA20_POLY1305") {
		name += "_SHA256"
	}
	if strings.HasSuffix(name, "_CCM") || strings.HasSuffix(name, "_CCM8") {
		name = strings.Replace(name, "_CCM8", "_CCM_8", 1)
	}
	return "TLS_" + keys + "_WITH_" + name
}

// suitesClass tells the class of what is written for suites: the name of one, or an expression of OpenSSL, and what of it is why. An exclusion takes away what is
// written, and is otherwise nothing.
func suitesClass(written []string) (worst class, why []string) {
	var words []string
	for _, w := range written {
		words = append(words, strings.FieldsFunc(w, func(r rune) bool { return r == ':' || r == ',' || r == ' ' })...)
	}
	out := map[string]bool{}
	for i, w := range words { // what - takes away may come back behind it, what ! does may not
		if strings.HasPrefix(w, "!") || strings.HasPrefix(w, "-") && !slices.Contains(words[i+1:], w[1:]) {
			out[strings.ToLower(w[1:])] = true
		}
	}
	order := []class{onList, offList, notTold, forbidden} // from best to worst
	note := func(c class, what string) {
		switch i, j := slices.Index(order, c), slices.Index(order, worst); {
		case i > j:
			worst, why = c, []string{what}
		case i == j && i > 0 && !slices.Contains(why, what):
			why = append(why, what)
		}
	}
	for _, w := range words {
		if strings.HasPrefix(w, "!") || strings.HasPrefix(w, "-") || strings.HasPrefix(w, "@") || out[strings.ToLower(w)] {
			continue
		}
		w = strings.TrimPrefix(w, "+")
		w = strings.Trim(w, "[]|") // groups of equal preference
		for part := range strings.SplitSeq(w, "|") {
			if x, ok := suiteNamed(part); ok {
				note(x.class(), x.name)
				continue
			}
			note(expressionClass(part, out), part)
		}
	}
	slices.Sort(why)
	return worst, why
}

// expressionClass is the class of a word of OpenSSL's language for several suites, given what is excluded.
func expressionClass(w string, out map[string]bool) class {
	worst, best := onList, notTold
	for part := range strings.SplitSeq(strings.ToLower(w), "+") {
		if out[part] {
			return onList
		}
		switch part {
		case "aesgcm", "aesccm", "aesccm8", "chacha20", "chacha20-poly1305", "ariagcm":
			best = onList
		case "ecdhe", "eecdh", "kecdhe", "keecdh", "ecdh", "edh", "dhe", "kedh", "kdhe", "ecdsa", "aecdsa", "arsa", "rsa", "krsa", "tlsv1.2", "tls1_2", "tls_1_2", "sha256", "sha384", "fips", "suiteb128", "suiteb192", "adss", "dss", "psk":
			if worst < offList { // by itself that has suites of CBC in it
				worst = offList
			}
		case "aes", "aes128", "aes256", "high", "default", "all", "sha", "sha1", "camellia", "camellia128", "camellia256", "aria", "strength":
			worst = offList
			if best == notTold {
				best = offList
			}
		case "rc4", "3des", "des", "md5", "null", "enull", "anull", "adh", "aecdh", "exp", "export", "export40", "export56", "low", "idea", "seed", "rc2", "complementofall", "gost", "sslv2":
			return forbidden
		default:
			return notTold
		}
	}
	if best == onList { // a conjunction is what all of its parts have
		return onList
	}
	return worst
}

// versionOf is the number of the version of TLS (0.2 and 0.3 are those of SSL) that a word names in any of the languages that are read; "" says that it names none
// in particular, and false that nobody knows what it says.
func versionOf(word string) (version string, known bool) {
	w := strings.ToLower(word)
	for _, p := range []string{"ssl.", "tls.", "sslprotocols.", "protocol_", "version"} {
		w = strings.TrimPrefix(w, p)
	}
	w = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(w, "_method"), "_server"), "_client")
	w = strings.NewReplacer("_", "", ".", "", "-", "", " ", "", "v", "").Replace(w)
	switch w {
	case "ssl2", "ssl2hello", "ssl20":
		return "0.2", true
	case "ssl3", "ssl30":
		return "0.3", true
	case "tls1", "tls10":
		return "1.0", true
	case "tls11":
		return "1.1", true
	case "tls12":
		return "1.2", true
	case "tls13":
		return "1.3", true
	case "tls", "ssl", "ssl23", "tlsauto", "default", "systemdefault", "tlsclient", "tlsserver", "none", "":
		return "", true
	}
	return "", false
}

// versionName writes a version as people do.
func versionName(v string) string {
	if strings.HasPrefix(v, "0.") {
		return "SSL " + v[2:]
	}
	return "TLS " + v
}
