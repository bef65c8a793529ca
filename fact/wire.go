package fact

import (
	"encoding/json"
	"fmt"
	"reflect"

	"assay/artefact"
)

// wire is a Row as it travels between processes and lies in the memo store. It carries its predicate by name; the
// canonical encoding, which makes identities, is another one and never read back.
type wire struct {
	Predicate string          `json:"p"`
	Fact      json.RawMessage `json:"f"`
	Grade     Grade           `json:"g"`
	Class     artefact.Class  `json:"c,omitempty"`
	Place     Place           `json:"at,omitzero"`
	Collector string          `json:"by,omitempty"`
	From      []Ref           `json:"from,omitempty"`
}

// MarshalJSON writes r with the name of its predicate.
func (r Row) MarshalJSON() ([]byte, error) {
	f, err := json.Marshal(r.Fact)
	if err != nil {
		return nil, err
	}
	return json.Marshal(wire{Name(r.Fact), f, r.Grade, r.Class, r.Place, r.Collector, r.From})
}

// UnmarshalJSON reads what MarshalJSON wrote. A predicate that is not registered is an error.
func (r *Row) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	p := registry[w.Predicate]
	if p == nil {
		return fmt.Errorf("fact: there is no predicate %q", w.Predicate)
	}
	if w.Class < artefact.Production || w.Class > artefact.DevProfile {
		return fmt.Errorf("fact: class %d out of range", w.Class)
	}
	v := reflect.New(p.typ)
	if err := json.Unmarshal(w.Fact, v.Interface()); err != nil {
		return fmt.Errorf("fact: %s: %w", w.Predicate, err)
	}
	*r = Row{Fact: v.Elem().Interface().(Fact), Grade: w.Grade, Class: w.Class, Place: w.Place, Collector: w.Collector, From: w.From}
	return nil
}
