package advice

import (
	"encoding/json"
	"strings"
	"testing"

	"assay/model"
)

// graph reads a small system, a line each:
//
//	NAME KIND [@ORIGIN] [CAPABILITY, …] [:GUARD]      a node; own code in Go unless its kind is external, data store or broker
//	FROM > TO [PROTOCOL] [tls=X] [peer=X] [with=X] [data=X]
//	gap                                               the picture is not known whole
func graph(t *testing.T, text string) *model.Graph {
	t.Helper()
	g := &model.Graph{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if line == "gap" {
			g.Gaps = append(g.Gaps, model.Gap{Kind: "unresolved", Text: "whom a request means"})
			continue
		}
		if from, rest, ok := strings.Cut(line, " > "); ok {
			words := strings.Fields(rest)
			f := model.Flow{From: from, To: words[0], Ways: []model.Way{{Via: "url", Places: []model.Place{{Unit: "main/" + from + ".go", Line: 1}}}}}
			w := &f.Ways[0]
			for _, x := range words[1:] {
				key, value, _ := strings.Cut(x, "=")
				switch key {
				case "tls":
					w.TLS = value
				case "peer":
					w.Peer = value
				case "with":
					w.With = []string{value}
				case "data":
					w.Data = []string{value}
				default:
					w.Protocol = x
				}
			}
			g.Flows = append(g.Flows, f)
			continue
		}
		line, guard, _ := strings.Cut(line, " :")
		head, caps, _ := strings.Cut(line, " [")
		words := strings.Fields(head)
		n := model.Node{Name: words[0], Kind: words[1], Origin: "own", Languages: []string{"go"}, Places: []model.Place{{Unit: "main/" + words[0] + "/go.mod", Line: 1}}}
		switch {
		case n.Kind == "external":
			n.Origin, n.Languages = "", nil
		case n.Kind == "data" || n.Kind == "broker":
			n.Origin, n.Languages = "third_party", nil
		}
		if len(words) > 2 {
			n.Technology = strings.Join(words[2:], " ")
		}
		caps, _, _ = strings.Cut(caps, "]")
		for c := range strings.SplitSeq(caps, ", ") {
			if c != "" {
				n.Capabilities = append(n.Capabilities, model.Capability{Name: c, By: "lib"})
			}
		}
		if guard != "" {
			n.Guards = []model.Guard{{Rule: guard}}
		}
		g.Nodes = append(g.Nodes, n)
	}
	return g
}

const user = "user external\nuser > web http tls=on\n"

// Each rule has a system that keeps it, one that does not, one of which that is not known, and, where there may be nothing that it speaks of, one
// with nothing of it. The text is part of what is promised.
var cases = []struct{ id, want, system, text string }{
	{"R01", Satisfied, user + "web service\n", "web is an entry point"},
	{"R01", Violated, user + "web service\nadmin service\nuser > admin http\n", "2 parts are an entry point: web and admin"},
	{"R01", Unknown, user + "web service\ngap\n", "whether others are is not known"},
	{"R01", Violated, "web service\n", "nothing is an entry point"},

	{"R02", Satisfied, user + "web service [circuit breaker]\n", "web is known to have a circuit breaker"},
	{"R02", Violated, user + "web service\n", "web is not known to have a circuit breaker"},
	{"R02", Unknown, user + "web service\ngap\n", "nothing says so of web"},
	{"R02", NotApplicable, "web service\n", "nothing that this speaks of"},

	{"R03", Satisfied, user + "web service\norders service\nweb > orders http with=balanced\n", "balance its load"},
	{"R03", Violated, user + "web service\n", "web is not"},
	{"R03", Unknown, user + "web data\n", "nothing says so of web"}, // of somebody else's product nobody read the code

	{"R04", Satisfied, user + "web service :authorize\n", "web is known"},
	{"R04", Violated, user + "web service\n", "web is not"},
	{"R04", Unknown, user + "web service\ngap\n", "nothing says so of web"},

	{"R05", Satisfied, user + "web service [resource server]\n", "web is known"},
	{"R05", Violated, user + "web service :permit\n", "web is not"},
	{"R05", NotApplicable, "web service\n", "nothing"},

	{"R06", Satisfied, "web service\norders service [authorization]\nweb > orders http\n", "web -> orders"},
	{"R06", Violated, "web service\norders service\nweb > orders http\n", "web -> orders is not"},
	{"R06", Unknown, "web service\norders service\nweb > orders http\ngap\n", "nothing says so of "},
	{"R06", NotApplicable, "web service\n", "nothing"},

	{"R07", Satisfied, "web service\norders service\nweb > orders http peer=token\n", "web -> orders"},
	{"R07", Violated, "web service\norders service\nweb > orders http peer=none\n", "web -> orders is not"},
	{"R07", Unknown, "web service\norders service\nweb > orders http\ngap\n", "nothing says so of "},

	{"R08", Satisfied, "auth service [authorization server]\n", "auth is an authorization server"},
	{"R08", Violated, "a service [authorization server]\nb service [authorization server]\n", "2 parts"},
	{"R08", Unknown, "web service\ngap\n", "not all could be read"},

	{"R09", Satisfied, "auth service [authorization server]\n", "auth is an authentication server"},
	{"R09", Violated, "web service\n", "nothing is an authentication server"},

	{"R10", Satisfied, "auth service [authorization server]\n", "auth is not something else"},
	{"R10", Violated, "auth service [authorization server, gateway]\n", "auth is something else as well"},
	{"R10", NotApplicable, "web service\n", "nothing"},

	{"R11", Satisfied, "auth service [authentication server]\n", "auth is not something else"},
	{"R11", Violated, "auth service [authentication server, discovery server]\n", "auth is something else as well"},
	{"R11", NotApplicable, "web service\n", "nothing"},

	{"R12", Satisfied, "web service [rate limiter]\n", "web is known to limit attempts"},
	{"R12", Violated, "web service\n", "no part is known to limit attempts"},
	{"R12", Unknown, "web service\ngap\n", "nothing is seen"},

	{"R13", Satisfied, user + "web service\npay external\nweb > pay http tls=on\n", "encrypted"},
	{"R13", Violated, user + "web service\npay external\nweb > pay http tls=off\n", "web -> pay is not encrypted"},
	{"R13", Unknown, user + "web service\npay external\nweb > pay http\n", "nothing says so of web -> pay"},
	{"R13", NotApplicable, "web service\n", "nothing"},

	{"R14", Satisfied, "web service\norders service\nweb > orders http tls=on\n", "encrypted"},
	{"R14", Violated, "web service\norders service\nweb > orders http tls=off\n", "not encrypted"},
	{"R14", Unknown, "web service\norders service\nweb > orders http\n", "nothing says so of "},

	{"R15", Satisfied, "web service [local logging]\n", "web is known to log"},
	{"R15", Violated, "web service\n", "web is not known to log"},

	{"R16", Satisfied, "web service\nlogs infrastructure [logging server]\n", "logs is a central log"},
	{"R16", Violated, "web service\n", "nothing is a central log"},

	{"R17", Satisfied, "mq broker RabbitMQ\ngap\n", "mq is a message broker"},
	{"R17", Violated, "web service\n", "nothing is a message broker"},
	{"R17", Unknown, "web service\ngap\n", "not all could be read"},

	{"R18", Satisfied, "web service [local logging]\nmq broker Kafka\nweb > mq kafka\n", "web is connected to a message broker"},
	{"R18", Violated, "web service [local logging]\n", "web is not connected to a message broker"},
	{"R18", Unknown, "web service [local logging]\ngap\n", "nothing says so of web"},
	{"R18", NotApplicable, "web service\n", "nothing"},

	{"R19", Satisfied, "web service [local logging]\nlogs infrastructure [logging server]\n", "web is not connected to a central log"},
	{"R19", Violated, "web service [local logging]\nlogs infrastructure [logging server]\nweb > logs gelf\n", "web is connected to a central log"},

	{"R20", Satisfied, "board infrastructure Grafana [monitoring dashboard]\n", "board is a monitoring dashboard"},
	{"R20", Violated, "web service\n", "nothing is a monitoring dashboard"},

	{"R21", Satisfied, "web service\nboard service [monitoring dashboard]\nboard > web http\n", "connected to a monitoring dashboard"},
	{"R21", Violated, "web service\nboard service [monitoring dashboard]\n", "web is not connected"},

	{"R22", Satisfied, "web service [log sanitization]\n", "web is known to clean what it logs"},
	{"R22", Violated, "web service\nlogs infrastructure [logging server]\nweb > logs gelf data=personal\n", "web is not known to clean"},
	{"R22", Unknown, "web service\n", "nothing says so of web"}, // nothing that anybody would see is no evidence

	{"R23", Satisfied, "eureka service [discovery server]\n", "eureka is a service registry"},
	{"R23", Violated, "web service\n", "nothing is a service registry"},

	{"R24", Satisfied, "eureka service [discovery server, basic authentication]\n", "eureka is known to check who registers"},
	{"R24", Violated, "eureka service [discovery server]\n", "eureka is not known to check"},
	{"R24", NotApplicable, "web service\n", "nothing"},

	{"R25", Satisfied, "vault infrastructure Vault\n", "vault is a store of secrets"},
	{"R25", Violated, "web service\n", "nothing is a store of secrets"},

	{"R26", Satisfied, user + "web service\n", "user -> web is by HTTPS"},
	{"R26", Violated, user + "web service\nuser > web http tls=off\n", "not by HTTPS"},
	{"R26", Unknown, user + "web service\ngap\n", "there may be others"},
	{"R26", NotApplicable, "web service\n", "nothing"},
}

func TestRules(t *testing.T) {
	seen := map[string]map[string]bool{}
	for _, c := range cases {
		if seen[c.id] == nil {
			seen[c.id] = map[string]bool{}
		}
		seen[c.id][c.want] = true
		g := graph(t, c.system)
		for _, r := range Of(g) {
			if r.ID == c.id && (r.Status != c.want || !strings.Contains(r.Text, c.text)) {
				t.Errorf("%s of\n%s\tgot  %s: %s\n\twant %s: %s", c.id, c.system, r.Status, r.Text, c.want, c.text)
			}
		}
	}
	for _, r := range Rules() {
		if !seen[r.ID][Satisfied] || !seen[r.ID][Violated] {
			t.Errorf("%s: no case for both outcomes", r.ID)
		}
	}
	if n := len(Rules()); n != 26 {
		t.Errorf("%d rules", n)
	}
}

// What a rule looked at is shown with where it stands.
func TestItems(t *testing.T) {
	g := graph(t, user+"web service [circuit breaker]\norders service\nweb > orders http tls=off\n")
	for _, r := range Of(g) {
		switch r.ID {
		case "R14":
			if len(r.Items) != 1 || r.Items[0].Name() != "web -> orders" || r.Items[0].Is != "no" || r.Items[0].Why != "without TLS" || len(r.Items[0].Places) != 1 {
				t.Errorf("%+v", r.Items)
			}
		case "R02":
			if len(r.Items) != 1 || r.Items[0].Why != "circuit breaker by lib" {
				t.Errorf("%+v", r.Items)
			}
		}
	}
	a, _ := json.Marshal(Of(g))
	if b, _ := json.Marshal(Of(g)); string(a) != string(b) {
		t.Error("two answers")
	}
}

// Nothing is kept or broken by a system of which nothing is known.
func TestNothing(t *testing.T) {
	for _, r := range Of(graph(t, "gap")) {
		if r.Status == Satisfied || r.Status == Violated {
			t.Errorf("%s: %s: %s", r.ID, r.Status, r.Text)
		}
	}
}

func TestParse(t *testing.T) {
	for _, q := range []string{"edges.all_are(encrypted)", "nodes", "nodes.that_are(nonsense).exactly_one", "flows.that_are(service).all_are(encrypted)", "nodes.all_are(encrypted)", "flows.exactly_one", "nodes.most_are(entry)", "nodes.that_are(entry"} {
		if _, err := parse("R01 | a | " + q + " | | "); err == nil {
			t.Errorf("%s is taken", q)
		}
	}
}
