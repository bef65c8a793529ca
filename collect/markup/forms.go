package markup

import (
	"fmt"
	"slices"
	"strings"

	"assay/fact"
)

// maxFields bounds what is told of the forms of one file.
const maxFields = 2000

// checks are the attributes by which a browser holds back what a field may not be.
var checks = []string{"required", "pattern", "minlength", "maxlength", "min", "max", "accept"}

// field notes the form that begins, and what a field of it is checked for. Fields that nothing is checked of are no controls.
func (s *sheet) field(name string, attrs map[string]string, line int) {
	switch name {
	case "form":
		action, ok := attrs["action"]
		if !ok {
			action, ok = attrs[bound+"action"]
		}
		if s.form = ""; ok {
			method := strings.ToUpper(strings.TrimSpace(attrs["method"]))
			if method == "" {
				method = "GET"
			}
			s.form = method + " " + clean(action)
		}
		return
	case "input", "textarea", "select":
	default:
		return
	}
	var found []string
	for _, c := range checks {
		v, ok := attrs[c]
		if _, computes := attrs[bound+c]; !ok && computes {
			v, ok = unknown, true
		}
		switch {
		case !ok:
		case c == "required":
			found = append(found, c)
		default:
			found = append(found, c+"="+clean(v))
		}
	}
	kind := strings.ToLower(strings.TrimSpace(attrs["type"]))
	if slices.Contains([]string{"email", "number", "url", "tel"}, kind) {
		found = append(found, "type="+kind)
	}
	if len(found) == 0 || kind == "hidden" || kind == "submit" {
		return
	}
	slices.Sort(found)
	field := clean(attrs["name"])
	if field == "" {
		field = clean(attrs["id"])
	}
	f := fact.FormCheck{Target: s.form, Field: field, Checks: found}
	key := s.form + "\x00" + field + "\x00" + strings.Join(found, "\x00")
	if s.fields[key] {
		return
	}
	if len(s.fields) >= maxFields {
		if s.failed == nil {
			s.failed = fmt.Errorf("line %d: more than %d fields", line, maxFields)
		}
		return
	}
	s.fields[key] = true
	s.p.Emit(f, line)
}

// clean writes what a template computes as such, and no secrets.
func clean(v string) string {
	v = strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(v), string(computed), unknown), string(newline), " ")
	if r := []rune(v); len(r) > 200 {
		v = string(r[:200]) + "…"
	}
	return fact.MaskedText(v)
}
