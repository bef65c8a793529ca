package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"time"

	"assay/acquire"
	"assay/artefact"
	"assay/assess"
	"assay/fact"
)

// A keptRun remembers whole runs. Its key names all that a document depends on: the program, assay.yaml, the day, and every artefact, which
// is to say every file by its content. What is known of the libraries is no part of it, for which are looked up is only known at the
// end of a run; so the run is kept in two steps, first which libraries it asks for, then, under that and under what is known of
// them now, the document. Anything that could differ for another reason than these is not kept.
type keptRun struct {
	memo *acquire.Memo
	key  artefact.Digest
	at   time.Time
}

// keptForm changes when what is kept does.
const keptForm = "run 1"

// A runInput is all that the engine and the document are given beside artefacts. The time of day is left out: nothing depends on it.
type runInput struct {
	Meta       assess.Meta
	Day        string
	Parameters map[string]string
	Decisions  []assess.Decision
	Config     string // the name of assay.yaml, and its text
	Said       []byte
}

// keep returns where the run on in over as is remembered; nil if it cannot be.
func keep(memo *acquire.Memo, in runInput, as []artefact.Artefact, at time.Time) *keptRun {
	if memo == nil || in.Meta.Build.Build == "unknown" {
		return nil
	}
	in.Meta.At = ""
	parts := []string{keptForm, fmt.Sprintf("%#v", in)} // every field there is, those too that no document shows
	for _, a := range as {
		parts = append(parts, describe(a, at)...)
	}
	return &keptRun{memo: memo, key: artefact.Hash(parts...), at: at}
}

// describe names all that a document may say of an artefact. One that was obtained now is so in the next run.
func describe(a artefact.Artefact, at time.Time) []string {
	id := a.Identity()
	obtained := "now"
	if !a.Obtained.Equal(at) {
		obtained = a.Obtained.UTC().Format(time.RFC3339Nano)
	}
	left, err := json.Marshal(a.LeftOut)
	if err != nil {
		panic(err)
	}
	return []string{string(id[:]), a.Revision, obtained, string(left)}
}

// A keptDocument is a document and what was said beside it. Facts, which nobody takes apart, lie beside the rest.
type keptDocument struct {
	At       string
	Warnings []string
	Rest     []byte
	Facts    map[string][]byte
}

func (k *keptRun) asked() artefact.Digest { return artefact.Hash("asked", string(k.key[:])) }

func (k *keptRun) answered(known artefact.Artefact) artefact.Digest {
	return artefact.Hash(append([]string{"answered", string(k.key[:])}, describe(known, k.at)...)...)
}

// recall returns the document of an earlier run that was like this one. Look tells what is known of libraries now.
func (k *keptRun) recall(look func([]acquire.Wanted) (artefact.Artefact, bool)) (*assess.Document, []string, bool) {
	if k == nil {
		return nil, nil, false
	}
	var wanted []acquire.Wanted
	data, ok := k.memo.Get(k.asked())
	if !ok || gob.NewDecoder(bytes.NewReader(data)).Decode(&wanted) != nil {
		return nil, nil, false
	}
	known, ok := look(wanted)
	if !ok {
		return nil, nil, false
	}
	var was keptDocument
	if data, ok = k.memo.Get(k.answered(known)); !ok || gob.NewDecoder(bytes.NewReader(data)).Decode(&was) != nil {
		return nil, nil, false
	}
	doc := new(assess.Document)
	if json.Unmarshal(was.Rest, doc) != nil {
		return nil, nil, false
	}
	doc.Facts = map[string]json.RawMessage{}
	for ref, f := range was.Facts {
		doc.Facts[ref] = f
	}
	now := k.at.Format(time.RFC3339)
	for i := range doc.Artefacts {
		if a := &doc.Artefacts[i]; a.Obtained == was.At {
			a.Obtained = now
		}
	}
	doc.At = now
	return doc, was.Warnings, true
}

// remember keeps what came of a run that asked for wanted and was told known.
func (k *keptRun) remember(wanted []acquire.Wanted, known artefact.Artefact, doc *assess.Document, warnings []string) {
	if k == nil {
		return
	}
	was := keptDocument{At: doc.At, Warnings: warnings, Facts: map[string][]byte{}}
	for ref, f := range doc.Facts {
		was.Facts[ref] = f
	}
	rest := *doc
	rest.Facts = nil
	var err error
	if was.Rest, err = encodeDocument(&rest); err != nil {
		return
	}
	var asked, answered bytes.Buffer
	if gob.NewEncoder(&asked).Encode(wanted) == nil && gob.NewEncoder(&answered).Encode(was) == nil {
		k.memo.Replace(k.answered(known), answered.Bytes())
		k.memo.Replace(k.asked(), asked.Bytes())
	}
}

// encodeDocument writes a document so that what is read of it is the same to the byte.
func encodeDocument(doc *assess.Document) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(doc)
	return b.Bytes(), err
}

// wantedOf spells libraries as the database does.
func wantedOf(libraries []fact.Library) []acquire.Wanted {
	wanted := make([]acquire.Wanted, len(libraries))
	for i, l := range libraries {
		wanted[i] = acquire.Wanted{Ecosystem: l.Ecosystem, Name: l.Name}
	}
	return wanted
}
