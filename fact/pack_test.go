package fact

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"assay/artefact"
)

// filled returns a value of t with something in every field: none is alike another, and every second list has two elements.
func filled(t reflect.Type, n *int) reflect.Value {
	v := reflect.New(t).Elem()
	*n++
	switch t.Kind() {
	case reflect.String:
		v.SetString(string(rune('a'+*n%26)) + "<é>\x00")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(int64(*n) * 7 * int64(1-*n%2*2))
	case reflect.Slice:
		if *n > 400 { // a value of values
			return v
		}
		v.Set(reflect.MakeSlice(t, 1+*n%2, 2))
		for i := range v.Len() {
			v.Index(i).Set(filled(t.Elem(), n))
		}
	case reflect.Struct:
		for i := range t.NumField() {
			v.Field(i).Set(filled(t.Field(i).Type, n))
		}
	}
	return v
}

// TestPack holds the form of the memo against JSON, by which rows travel otherwise: what is read is the same by both, for a fact of every
// predicate, full and empty.
func TestPack(t *testing.T) {
	var rows []Row
	for i, p := range Predicates() {
		n := i
		full, empty := filled(p.typ, &n), reflect.New(p.typ).Elem()
		rows = append(rows,
			Row{Fact: full.Interface().(Fact), Grade: Grade(i % 4), Class: artefact.Class(i % 7), Place: Place{"u", "p", i, -i}, Collector: "c", From: []Ref{{1}, {byte(i)}}},
			Row{Fact: empty.Interface().(Fact), From: []Ref{}})
	}
	rows = append(rows, Row{Fact: Member{"not \xff\xfeUTF-8", "\xf0"}}, Row{Fact: Member{}, Place: Place{Line: 1 << 40}})
	gaps := []GapRow{{Gap: Gap{"Route", "w", "unread"}, Class: artefact.Build, Text: "why <&>", Line: 7, Origin: []Gap{{"Member", "w", "failed"}, {}}}, {Origin: []Gap{}}, {}}
	for _, x := range []struct {
		rows []Row
		gaps []GapRow
	}{{rows, gaps}, {nil, nil}, {[]Row{}, []GapRow{}}, {rows[:1], nil}, {nil, gaps}} {
		data := Pack(x.rows, x.gaps)
		gotRows, gotGaps, err := Unpack(data)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal([]any{x.rows, x.gaps})
		if err != nil {
			t.Fatal(err)
		}
		var wantRows []Row
		var wantGaps []GapRow
		if err := json.Unmarshal(text, &[]any{&wantRows, &wantGaps}); err != nil {
			t.Fatal(err)
		}
		for i := range wantRows {
			if wantRows[i].From == nil && x.rows[i].From != nil {
				wantRows[i].From = []Ref{} // which JSON leaves out
			}
			if !reflect.DeepEqual(gotRows[i], wantRows[i]) {
				t.Errorf("%#v was read as %#v", wantRows[i], gotRows[i])
			}
		}
		if len(gotRows) != len(wantRows) || (gotRows == nil) != (x.rows == nil) || !reflect.DeepEqual(gotGaps, wantGaps) {
			t.Errorf("%d rows, gaps %v; want %d, %v", len(gotRows), gotGaps, len(wantRows), wantGaps)
		}
		if again := Pack(x.rows, x.gaps); !slices.Equal(again, data) {
			t.Error("packed again, it is otherwise")
		}
		for n := 0; n < len(data); n += 1 + len(data)/500 { // what is cut off is noticed
			if _, _, err := Unpack(data[:n]); err == nil {
				t.Fatalf("%d of %d bytes were read", n, len(data))
			}
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(Pack([]Row{{Fact: Route{"GET", "/", Site{"u", "f", 0}}, Grade: Static, From: []Ref{{1}}}}, []GapRow{{Gap: Gap{"Route", "w", "unread"}, Origin: []Gap{{"Member", "w", "failed"}}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, gaps, err := Unpack(data)
		if err != nil {
			return
		}
		again := Pack(rows, gaps)
		if r, g, err := Unpack(again); err != nil || !reflect.DeepEqual(r, rows) || !reflect.DeepEqual(g, gaps) {
			t.Error("what was read cannot be written and read again")
		}
	})
}
