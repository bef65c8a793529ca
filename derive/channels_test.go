package derive

import (
	"testing"

	"assay/fact"
)

// What addresses and options of drivers say of TLS: the weakest of several, and what is left to whoever deploys.
func TestSaidBy(t *testing.T) {
	for text, want := range map[string]protection{
		"postgresql://u@db:5432/x?sslmode=disable":                        {tls: "off", said: "sslmode=disable"},
		"postgresql://u@db:5432/x?sslmode=verify-full&application_name=a": {tls: "on", said: "sslmode=verify-full"},
		"postgresql://u@db/x?sslmode=prefer":                              {tls: "optional", said: "sslmode=prefer"},
		"host=db port=5432 sslmode=require":                               {tls: "on", said: "sslmode=require"},
		"jdbc:mysql://db:3306/x?useSSL=false&serverTimezone=UTC":          {tls: "off", said: "useSSL=false"},
		"jdbc:mysql://db:3306/x?sslMode=VERIFY_IDENTITY":                  {tls: "on", said: "sslMode=VERIFY_IDENTITY"},
		"jdbc:sqlserver://db:1433;databaseName=x;encrypt=false":           {tls: "off", said: "encrypt=false"},
		"mongodb://db:27017/x?tls=true":                                   {tls: "on", said: "tls=true"},
		"mongodb://db:27017/x":                                            {},
		"https://ssl=false.example/x":                                     {},
	} {
		if got := saidBy(fact.Const(text), nil); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	if got := saidBy(fact.Concat(fact.Const("postgresql://db/x?sslmode="), fact.Key("MODE")), nil); got.tls != "" || !got.open {
		t.Errorf("of a variable: %+v", got)
	}
	if got := saidBy(fact.Const("kafka:9092"), []string{"security.protocol=SASL_PLAINTEXT", "ssl=true"}); got.tls != "off" {
		t.Errorf("of two options: %+v", got)
	}
}

func FuzzSaidBy(f *testing.F) {
	f.Add("postgresql://u:p@db:5432/x?sslmode=disable;ssl= true")
	f.Fuzz(func(t *testing.T, s string) {
		if a, b := saidBy(fact.Const(s), nil), saidBy(fact.Const(s), nil); a != b {
			t.Error("twice the same is not the same")
		}
		shownAddress(fact.Const(s))
	})
}
