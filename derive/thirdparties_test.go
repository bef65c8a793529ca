package derive

import (
	"strings"
	"testing"

	"assay/fact"
)

func TestThirdPartyTable(t *testing.T) {
	table := thirdPartyServices()
	if len(table.all) < 80 {
		t.Fatalf("%d services", len(table.all))
	}
	for _, c := range []struct{ host, at, want string }{
		{"o1.ingest.sentry.io", "", "Sentry"}, {"sentry.io.evil.example.com", "", ""}, {"notsentry.io", "", ""}, {"bucket.s3.amazonaws.com", "", "Amazon S3"}, {"sqs.eu-west-1.amazonaws.com", "", "Amazon Web Services"},
		{"www.google.com", "recaptcha/api.js", "reCAPTCHA"}, {"www.google.com", "search", ""}, {"fonts.gstatic.com", "", "Google Fonts"}, {"hooks.slack.com", "services/x", "Slack"},
	} {
		got := ""
		if x := table.of(c.host, c.at); x != nil {
			got = x.Name
		}
		if got != c.want {
			t.Errorf("%s/%s is of %q, want %q", c.host, c.at, got, c.want)
		}
	}
	for _, c := range []struct{ of, name, want string }{
		{"npm", "@sentry/node", "Sentry"}, {"go", "github.com/getsentry/sentry-go/http", "Sentry"}, {"npm", "@aws-sdk/client-s3", "Amazon S3"}, {"npm", "@aws-sdk/client-sqs", "Amazon Web Services"}, {"npm", "stripe-like", ""},
		{"pypi", "sentry_sdk.integrations.flask", "Sentry"}, {"maven", "com.stripe.model.Charge", "Stripe"}, {"composer", `Twilio\Rest\Client`, "Twilio"}, {"nuget", "SendGrid.Helpers.Mail", "SendGrid"},
	} {
		got := ""
		if x := table.longest(c.of, c.name, func(x *thirdParty) []nameOf { return x.imports }); x != nil {
			got = x.Name
		}
		if got != c.want {
			t.Errorf("import %s of %s is of %q, want %q", c.name, c.of, got, c.want)
		}
	}
	for _, h := range []string{"www.w3.org", "registry.acme.com", "repo.acme.com", "docs.github.com"} {
		if !table.silent(h) {
			t.Errorf("%s is taken for a destination", h)
		}
	}
}

func TestThirdPartyErrors(t *testing.T) {
	for _, text := range []string{
		"A | a.com | npm:a |  |  |  | other", "A |  | npm:a |  |  |  | personal", "A | a.com | gem:a |  |  |  | personal", "A | a.com | npm |  |  |  | personal", "A | a.com |  | A_B |  |  | personal",
		"A | a.com |  |  |  |  | personal\nB | a.com |  |  |  |  | personal", "A | a.com |  |  |  |  | personal credential",
	} {
		if _, err := parseThirdParties(text); err == nil || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestStateOf(t *testing.T) {
	for _, c := range []struct {
		v    fact.Value
		want state
	}{
		{fact.Const(""), empty}, {fact.Const("x"), set}, {fact.Unknown("masked"), set}, {fact.Unknown("nothing sets DSN"), optional}, {fact.Key("deployment:DSN", fact.Const("")), optional}, {fact.Key("deployment:DSN"), set},
		{fact.OneOf(fact.Const(""), fact.Const("x")), set},
	} {
		if got := stateOf(c.v); got != c.want {
			t.Errorf("%v: %d, want %d", c.v, got, c.want)
		}
	}
	for _, c := range []struct {
		v          fact.Value
		want, said string
	}{
		{fact.Const("True"), "", "on"}, {fact.Const("0.1"), "", "on"}, {fact.Const("0"), "", "off"}, {fact.Const("always"), "always", "on"}, {fact.Const("never"), "always", "off"}, {fact.Unknown("x"), "", ""},
		{fact.OneOf(fact.Const("true"), fact.Const("false")), "", ""},
	} {
		if got := turned(c.v, c.want); got != c.said {
			t.Errorf("%v: %q, want %q", c.v, got, c.said)
		}
	}
}

// What lies within the system is nobody's destination, and of a text that goes on only what is whole is an address.
func TestOutward(t *testing.T) {
	for _, c := range []struct {
		v    fact.Value
		want string
	}{
		{fact.Const("https://api.acme.com/x"), "api.acme.com"}, {fact.Const("http://orders:8000"), ""}, {fact.Const("http://localhost"), ""}, {fact.Const("http://10.0.0.1"), ""}, {fact.Const("http://orders.shop.svc.cluster.local"), ""},
		{fact.Const("http://db.internal"), ""}, {fact.Concat(fact.Const("https://api.acme.com/"), fact.Unknown("x")), "api.acme.com"}, {fact.Concat(fact.Const("https://api."), fact.Unknown("x")), ""},
		{fact.Const("https://u:…@api.acme.com"), "api.acme.com"},
	} {
		var got []string
		for _, at := range outward(c.v) {
			got = append(got, at.host)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %v, want %s", c.v, got, c.want)
		}
	}
}
