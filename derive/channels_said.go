package derive

import (
	"strings"

	"assay/fact"
)

// A protection is what an address or its options say of TLS. Open says that they leave it to a variable which one it is.
type protection struct {
	tls, said string
	open      bool
}

// options are settings of drivers that say whether TLS is used, by their name without dashes, dots and case, and what their values mean. What a driver does
// where nothing is set differs by driver and version, so that it is not told.
var options = map[string]map[string]string{
	"sslmode":          {"disable": "off", "disabled": "off", "allow": "optional", "prefer": "optional", "preferred": "optional", "require": "on", "required": "on", "verifyca": "on", "verifyfull": "on", "verifyidentity": "on", "trust": "on", "none": "off"},
	"ssl":              {"true": "on", "false": "off", "1": "on", "0": "off", "require": "on", "on": "on", "off": "off"},
	"tls":              {"true": "on", "false": "off", "skipverify": "on", "preferred": "optional", "1": "on", "0": "off"},
	"usessl":           {"true": "on", "false": "off"},
	"requiressl":       {"true": "on"},
	"encrypt":          {"true": "on", "yes": "on", "mandatory": "on", "strict": "on", "false": "off", "no": "off", "optional": "off"},
	"securityprotocol": {"plaintext": "off", "saslplaintext": "off", "ssl": "on", "saslssl": "on"},
	"sslenabled":       {"true": "on", "false": "off"},
	"enablessl":        {"true": "on", "false": "off"},
	"usetls":           {"true": "on", "false": "off"},
	"tlsenabled":       {"true": "on", "false": "off"},
	"starttls":         {"required": "on"},
}

// saidBy returns what the target of a connection and its options say. Of several the weakest counts, since each may be used.
func saidBy(target fact.Value, more []string) (out protection) {
	rank := map[string]int{"on": 1, "optional": 2, "off": 3}
	text := flatText(target)
	// what stands behind the host: of a URL the query, of a connection string its parts
	if _, rest, ok := strings.Cut(text, "://"); ok {
		if i := strings.IndexAny(rest, "?;"); i >= 0 {
			text = rest[i+1:]
		} else {
			text = ""
		}
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("?&; ", c) })
	for _, part := range append(parts, more...) {
		key, value, ok := strings.Cut(part, "=")
		meaning := options[plainKey(key)]
		if !ok || meaning == nil {
			continue
		}
		value = strings.Trim(value, `"' `)
		switch mode := meaning[plainKey(value)]; {
		case strings.Contains(value, "${"):
			if out.tls == "" {
				out = protection{said: part, open: true}
			}
		case rank[mode] > rank[out.tls]:
			out = protection{tls: mode, said: part}
		}
	}
	return out
}

func plainKey(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return -1
	}, s)
}

// flatText writes a value as a text, with ${NAME} for what others put in. Of what it can be, all stand there with blanks between.
func flatText(v fact.Value) string {
	switch v.Op {
	case "const":
		return v.Text
	case "key":
		if len(v.Of) == 1 && v.Of[0].Op == "const" {
			return v.Of[0].Text
		}
		return "${" + v.Text + "}"
	case "concat":
		var b strings.Builder
		for _, x := range v.Of {
			b.WriteString(flatText(x))
		}
		return b.String()
	case "oneof":
		var all []string
		for _, x := range v.Of {
			all = append(all, flatText(x))
		}
		return strings.Join(all, " ")
	}
	if name, ok := strings.CutPrefix(v.Text, "nothing sets "); ok {
		return "${" + strings.TrimPrefix(name, "env:") + "}"
	}
	return "${…}"
}

// shownAddress is an address as people may be shown it: masked, without what stands behind the host.
func shownAddress(v fact.Value) string {
	s := fact.MaskedText(flatText(v))
	if s == "${…}" {
		return ""
	}
	if i := strings.IndexAny(s, "?"); i >= 0 {
		s = s[:i]
	}
	return s[:min(len(s), 120)]
}

// pathShown is a path without the name of the first root.
func pathShown(p string) string { return strings.TrimPrefix(strings.TrimPrefix(p, "main"), "/") }
