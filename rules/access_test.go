package rules

import (
	"slices"
	"testing"

	"assay/fact"
)

// An endpoint that a component closes and one that it leaves to everybody, at a port that is let out.
func shopFacts() []fact.Fact {
	site := fact.Site{Unit: "main/shop.go", Symbol: "main"}
	return []fact.Fact{
		fact.Component{Name: "c", Kind: "service", Origin: "own"},
		fact.Access{Component: "c", Protocol: "http", Method: "GET", Path: "/orders", Group: "Orders", Decision: "guarded", Mechanism: "bearer", Site: site},
		fact.Access{Component: "c", Protocol: "http", Method: "POST", Path: "/login", Group: "Orders", Decision: "open", Site: site},
	}
}

// What people brought is what the question about refusals is about; an answer that rests on it settles that, and nothing else.
func TestRefusalsAreSettledByEvidence(t *testing.T) {
	r := Of("AUTH.1")[0]
	capture := fact.Brought{Kind: "network capture", Requirement: "AUTH.1", Name: "a.pcap", Digest: "aa", Observed: "2026-11-20"}
	question := func(res Result, subject string) Question {
		i := slices.IndexFunc(res.Questions, func(q Question) bool { return q.Subject == subject })
		if i < 0 {
			t.Fatalf("nothing is asked of %s", subject)
		}
		return res.Questions[i]
	}
	without := broughtTo(r, "2026-11-24", nil, shopFacts()...)
	with := broughtTo(r, "2026-11-24", nil, append(shopFacts(), capture)...)
	if without.Status != Unknown || with.Status != Unknown {
		t.Fatalf("%s without and %s with evidence that nobody judged", without.Status, with.Status)
	}
	if n, m := len(question(without, refusals).Facts), len(question(with, refusals).Facts); m != n+1 {
		t.Errorf("the question is about %d facts without evidence, and %d with it", n, m)
	}
	if !slices.Equal(question(without, proposed).Facts, question(with, proposed).Facts) {
		t.Error("evidence re-asks which endpoints are meant to be public")
	}
	settled := r.Settle(with, func(q Question) (string, string, bool) {
		for _, a := range q.Answers {
			if a.LeadsTo == Satisfied {
				return a.Text, "somebody", true
			}
		}
		return "", "", false
	})
	for _, f := range settled.Findings {
		if (f.Subject == refusals || f.Subject == proposed) && f.Status != Satisfied {
			t.Errorf("%s: %s though it was answered", f.Subject, f.Status)
		}
	}
	stale := broughtTo(r, "2027-06-01", nil, append(shopFacts(), capture)...)
	if slices.ContainsFunc(question(stale, refusals).Answers, func(a Answer) bool { return a.LeadsTo == Satisfied }) {
		t.Error("a capture that counts no more settles that requests were refused")
	}
}

// The list of endpoints that are proposed as public is asked anew when it changes, and not when another endpoint does.
func TestProposedListIsItsOwnFocus(t *testing.T) {
	r := Of("AUTH.1")[0]
	focus := func(facts ...fact.Fact) []fact.Ref {
		for _, q := range broughtTo(r, "2026-11-24", nil, facts...).Questions {
			if q.Subject == proposed {
				return q.Facts
			}
		}
		t.Fatal("no list is proposed")
		return nil
	}
	site := fact.Site{Unit: "main/shop.go", Symbol: "main"}
	before := focus(shopFacts()...)
	if !slices.Equal(before, focus(append(shopFacts(), fact.Access{Component: "c", Protocol: "http", Method: "GET", Path: "/stock", Group: "Stock", Decision: "guarded", Site: site})...)) {
		t.Error("a further closed endpoint re-asks the list")
	}
	if slices.Equal(before, focus(append(shopFacts(), fact.Access{Component: "c", Protocol: "http", Method: "POST", Path: "/register", Group: "Stock", Decision: "open", Site: site})...)) {
		t.Error("a further public endpoint does not re-ask the list")
	}
}

// What is usually public is known by its path, and not by a path that only begins alike.
func TestUsual(t *testing.T) {
	for path, want := range map[string]bool{
		"GET /healthz": true, "GET /api/v1/health": true, "POST /login": true, "POST /uaa/oauth/token": true, "POST /users/register": true, "POST /password-recovery/{email}": true, "GET /swagger-ui/index.html": true, "GET /": true, "GET /favicon.ico": true,
		"GET /order/status/{id}/{status}": false, "GET /login/{id}/cards": false, "DELETE /session": false, "GET /orders": false, "POST /": false, "GET /{id}": false, "POST /confirm/{id}": false, "PATCH /register": false, "GET /healthcards": false,
	} {
		var e entry
		e.Protocol = "http"
		e.Method, e.Path = path[:len(path)-len(path[indexOf(path):])], path[indexOf(path)+1:]
		if got := usual(e) != ""; got != want {
			t.Errorf("%s is usually public: %t", path, got)
		}
	}
}

func indexOf(s string) int { return slices.Index([]byte(s), ' ') }
