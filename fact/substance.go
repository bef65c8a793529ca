package fact

import (
	"reflect"
	"strings"
)

// Substance is what a unit says, as a digest that layout and comments do not change, where its reader can tell them apart; else it is that of
// its bytes. Nothing is judged by it. The focus of a question about what was not read rests on it, so that an answer lapses with any change of
// substance, and with no other. The framework states one for each unit.
type Substance struct {
	Digest string
	Site   Site
}

func (Substance) fact() {}

var _ = register[Substance]()

// maxWords bounds what Words returns, in bytes.
const maxWords = 200

// Words says f in a line for people: its predicate and its fields that are not empty, but for where it was seen.
func Words(f Fact) string {
	var b strings.Builder
	b.WriteString(Name(f))
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Name == "Site" || v.Field(i).IsZero() {
			continue
		}
		text := encode(v.Field(i).Interface())
		if s, ok := v.Field(i).Interface().(string); ok {
			text = s
		} else if v.Field(i).Kind() == reflect.Bool {
			text = strings.ToLower(field.Name)
		}
		b.WriteByte(' ')
		b.WriteString(MaskedText(text))
	}
	if b.Len() > maxWords {
		return strings.ToValidUTF8(b.String()[:maxWords], "") + "…"
	}
	return b.String()
}
