package assess

import (
	"fmt"
	"strings"

	"assay/fact"
	"assay/rules"
)

var _ = toyRule(&rules.Rule{
	ID: "AUTH.6/login-throttled",
	Doc: `every route that takes credentials is throttled

AUTH.6: "a mechanism to protect against the submission of credentials an excessive number of times". A route takes
credentials if it is a POST to a path that names login, token or signin; a limiter anywhere in the ToE whose prefix covers
it throttles it. That none does rests on having read all limiters; that a burst of wrong passwords was let through rests
on nothing but the burst. The requirement's Evidence names dynamic tests, so source alone does not satisfy.
Not discharged: that the limit is per direction and per session token.`,
	Needs:     []fact.Fact{fact.Route{}, fact.Limiter{}},
	Uses:      []fact.Fact{fact.Burst{}},
	ViolateAt: fact.Static,
	SatisfyAt: fact.Challenged,
	When: func(v *fact.View) bool {
		for _, r := range fact.All[fact.Route](v) {
			if takesCredentials(r.Method, r.Path) {
				return true
			}
		}
		return false
	},
	Check: func(v *fact.View) (fs []rules.Finding) {
		for ref, r := range fact.All[fact.Route](v) {
			if !takesCredentials(r.Method, r.Path) {
				continue
			}
			f := rules.Finding{Subject: r.Method + " " + r.Path, Status: rules.Violated, Text: "has no limiter", Facts: []fact.Ref{ref}, Absent: []fact.Fact{fact.Limiter{}}}
			for lref, l := range fact.All[fact.Limiter](v) {
				if strings.HasPrefix(r.Path, l.Prefix) {
					f.Status, f.Text, f.Facts, f.Absent = rules.Satisfied, "has a limiter", append(f.Facts, lref), nil
				}
			}
			fs = append(fs, f)
		}
		for ref, b := range fact.All[fact.Burst](v) {
			f := rules.Finding{Subject: b.Method + " " + b.Path, Status: rules.Satisfied, Facts: []fact.Ref{ref}}
			f.Text = fmt.Sprintf("refuses wrong passwords from the %dth on", b.RefusedAfter)
			if b.RefusedAfter == 0 {
				f.Status, f.Text = rules.Violated, fmt.Sprintf("let %d wrong passwords through", b.Sent)
			}
			fs = append(fs, f)
		}
		return fs
	},
	Ask: func(v *fact.View, f rules.Finding) *rules.Question {
		if len(f.Gaps) > 0 {
			return nil
		}
		return &rules.Question{Text: "assay probe burst " + f.Subject}
	},
})

func takesCredentials(method, path string) bool {
	return method == "POST" && (strings.Contains(path, "login") || strings.Contains(path, "token") || strings.Contains(path, "signin"))
}
