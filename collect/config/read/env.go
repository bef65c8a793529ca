package read

import (
	"fmt"
	"regexp"
	"strings"
)

// An Entry of an env file. A Bare one, without a value, is passed on from the environment.
type Entry struct {
	Key    string
	Pieces []Piece
	Bare   bool
	Line   int
}

var envKey = regexp.MustCompile(`^(?:export[ \t]+)?([\pL\pN_.\[\]-]+)[ \t]*([=:]|$)[ \t]*`)

// Env reads an env file as docker compose does: KEY=VALUE, with export before, quotes around a value that may then have
// several lines, and variables unless the quotes are single. It returns what it could read and an error for each line that it could not, which
// does not repeat the line, for there may be a secret in it.
func Env(data string) (out []Entry, errs []error) {
	data = strings.ReplaceAll(strings.TrimPrefix(data, "\ufeff"), "\r\n", "\n")
	for n := 1; data != ""; n++ {
		var l string
		l, data, _ = strings.Cut(data, "\n")
		at := n
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		m := envKey.FindStringSubmatch(l)
		if m == nil {
			errs = append(errs, fmt.Errorf("line %d: no KEY=VALUE", at))
			continue
		}
		e := Entry{Key: m[1], Bare: m[2] == "", Line: at}
		v := l[len(m[0]):]
		switch {
		case v != "" && (v[0] == '"' || v[0] == '\''):
			body, ok := quoted(v)
			for !ok && data != "" {
				var more string
				more, data, _ = strings.Cut(data, "\n")
				n++
				v += "\n" + more
				body, ok = quoted(v)
				if n-at > 1000 {
					break
				}
			}
			if !ok {
				errs = append(errs, fmt.Errorf("line %d: a quoted value does not end", at))
				continue
			}
			if v[0] == '\'' {
				e.Pieces = literal(body)
			} else {
				e.Pieces = Shell.Pieces(escapes.Replace(body))
			}
		default:
			v, _, _ = strings.Cut(v, " #")
			e.Pieces = Shell.Pieces(strings.TrimSpace(v))
		}
		out = append(out, e)
	}
	return out, errs
}

var escapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\$`, `$$`)

func literal(s string) []Piece {
	if s == "" {
		return nil
	}
	return []Piece{{Text: s}}
}

// quoted returns what stands between the quote that v begins with and the next one.
func quoted(v string) (string, bool) {
	for i := 1; i < len(v); i++ {
		switch {
		case v[i] == '\\' && v[0] == '"':
			i++
		case v[i] == v[0]:
			return v[1:i], true
		}
	}
	return "", false
}
