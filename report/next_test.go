package report

import (
	"bytes"
	"strings"
	"testing"

	"assay/assess"
	"assay/rules"
)

// Each thing to do next has the command that does it, or shows more of it. What a variable would settle that is only known when an image is built or a file is deployed
// stands behind what has to be changed in the system, and says how it is settled.
func TestNextHasCommands(t *testing.T) {
	gap := func(predicate, unit, kind, text string) assess.GapSeen {
		return assess.GapSeen{Predicate: predicate, Unit: unit, Kind: kind, Text: text}
	}
	held := func(gaps ...assess.GapSeen) assess.CellResult {
		return assess.CellResult{Component: "orders", Status: rules.Unknown, Rules: []assess.RuleResult{{ID: "ARCH.1/libraries-identified", Status: rules.Unknown, Gaps: gaps}}}
	}
	d := &assess.Document{Summary: map[string]int{"unknown": 1},
		Requirements: []assess.RequirementResult{{ID: "ARCH.1", Status: rules.Unknown, Cells: []assess.CellResult{
			held(gap("Copied", "main/orders/Dockerfile", "unresolved", "https://files.example/agent-${AGENT_VERSION}.jar depends on AGENT_VERSION"),
				gap("Container", "main/compose.yaml", "unresolved", "the image of orders depends on TAG")),
			held(gap("Copied", "main/orders/Dockerfile", "unresolved", "https://files.example/agent-${AGENT_VERSION}.jar depends on AGENT_VERSION"),
				gap("Dependency", "main/orders/build.gradle", "unresolved", "line 42: files at fileTree(dir:libs)")),
		}}},
		Coverage: []assess.CoverageLine{{Language: "source cobol", Owed: 3}, {Language: "source elixir", Owed: 9}},
	}
	var b bytes.Buffer
	x := table{d: d, s: Style{Width: 140}.In("shop"), b: &b}
	x.next()
	got := strings.Join(strings.Fields(b.String()), " ")
	order := []string{"files at fileTree", "assay why ARCH.1 orders --dir shop",
		"depends on AGENT_VERSION. Give it a value there (ARG AGENT_VERSION=…)", "assay why ARCH.1 orders --dir shop",
		"the image of orders depends on TAG. Set it in .env beside the file", "assay why ARCH.1 orders --dir shop",
		"12 files in cobol, elixir: this version reads no such source", "assay review shop"}
	rest := got
	for _, want := range order {
		i := strings.Index(rest, want)
		if i < 0 {
			t.Fatalf("%q is not there, or not in its place:\n%s", want, b.String())
		}
		rest = rest[i+len(want):]
	}
	for i, s := range x.steps() {
		if s.command == "" {
			t.Errorf("step %d has no command: %s", i+1, s.text)
		}
	}
}
