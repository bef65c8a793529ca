package fact

import (
	"encoding/json"
	"testing"

	"assay/artefact"
)

// BenchmarkRef makes the identity of a fact, of which a system of a thousand files has some ten thousand.
func BenchmarkRef(b *testing.B) {
	r := Row{Fact: Route{"GET", "/orders/{id}", Site{"main/orders/src/Orders.java", "Orders.get", 1}}, Grade: Static, Class: artefact.Production}
	for b.Loop() {
		r.Identify()
	}
}

// BenchmarkRow reads a row as it lies in the memo.
func BenchmarkRow(b *testing.B) {
	data, err := json.Marshal(Row{Fact: Route{"GET", "/orders/{id}", Site{"main/orders/src/Orders.java", "Orders.get", 1}}, Grade: Static, Class: artefact.Production})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var r Row
		if err := json.Unmarshal(data, &r); err != nil {
			b.Fatal(err)
		}
	}
}
