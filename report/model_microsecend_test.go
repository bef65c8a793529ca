package report

import (
	"strings"
	"testing"

	"assay/assess"
	"assay/model"
)

// The export turns flows as the data set draws them: stores, configuration servers and issuers of tokens send to whom they serve, clients point at a registry but a registry at a gateway,
// what is looked at sends to who looks. Names are those that components give themselves. A component that is called like the people outside gets another name.
func TestMicroSecEnD(t *testing.T) {
	at := func(line int) []model.Place { return []model.Place{{Unit: "main/x.yml", Line: line}} }
	has := func(names ...string) (out []model.Capability) {
		for _, n := range names {
			out = append(out, model.Capability{Name: n, By: "X", Places: at(9)})
		}
		return out
	}
	flow := func(from, to, via string, with ...string) model.Flow {
		return model.Flow{From: from, To: to, Ways: []model.Way{{Via: via, With: with, Places: at(7)}}}
	}
	g := &model.Graph{
		Nodes: []model.Node{
			{Name: "(user)", Kind: "external"},
			{Name: "board", Kind: "infrastructure", Origin: "third_party", Technology: "Kibana", Capabilities: has("monitoring dashboard")},
			{Name: "db", Kind: "data store", Origin: "third_party", Technology: "MySQL", Secrets: at(5)},
			{Name: "gate", Kind: "service", Origin: "own", Capabilities: has("gateway")},
			{Name: "ord", Kind: "service", Origin: "own", Aliases: []string{"orders"}, Ports: []string{"8081"}, PortsAt: at(3), NamedAt: at(2), Capabilities: []model.Capability{
				{Name: "circuit breaker", By: "Hystrix", Places: []model.Place{{Unit: "main/pom.xml", Line: 4}}}}},
			{Name: "reg", Kind: "infrastructure", Origin: "own", Technology: "", Capabilities: has("discovery server")},
			{Name: "set", Kind: "service", Origin: "own", Capabilities: has("configuration server")},
			{Name: "user", Kind: "service", Origin: "own"},
		},
		Flows: []model.Flow{
			flow("(user)", "gate", "entrance"), flow("board", "ord", "name", "monitoring"), flow("gate", "ord", "gateway", "gateway"), flow("gate", "reg", "name", "registry"),
			flow("ord", "db", "name", "database"), flow("ord", "reg", "name", "registry"), flow("ord", "set", "name", "configuration"), flow("ord", "user", "name", "declarative", "balanced"),
		},
	}
	var out, traces strings.Builder
	if err := MicroSecEnD(&out, &traces, &assess.Document{Model: g}); err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(out.String()), "")
	for _, want := range []string{
		`"sender":"user","receiver":"gate"`, `"sender":"orders","receiver":"board"`, `"sender":"gate","receiver":"orders"`, `"sender":"reg","receiver":"gate"`, `"sender":"db","receiver":"orders"`,
		`"sender":"orders","receiver":"reg"`, `"sender":"set","receiver":"orders"`, `"sender":"orders","receiver":"user_service","stereotypes":["feign_connection","load_balanced_link","restful_http"]`,
		`"name":"db","stereotypes":["database","plaintext_credentials"]`, `"name":"orders","stereotypes":["internal"],"tagged_values":{"Port":8081}`, `"name":"user","stereotypes":["user_stereotype"]`,
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("there is no %s in\n%s", want, out.String())
		}
	}
	if n := strings.Count(flat, `"sender"`); n != len(g.Flows) {
		t.Errorf("%d flows became %d", len(g.Flows), n)
	}
	said := strings.Join(strings.Fields(traces.String()), "")
	for _, want := range []string{`"orders":{"file":"main/x.yml","line":2`, `"Port":{"file":"main/x.yml","line":3`, `"orders-\u003ereg":{"file":"main/x.yml","line":7`} {
		if !strings.Contains(said, want) {
			t.Errorf("there is no %s in the traces\n%s", want, traces.String())
		}
	}
}
