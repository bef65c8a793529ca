package rules

import (
	"slices"
	"strings"
	"testing"

	"assay/fact"
)

// Suites are found by the names of IANA, OpenSSL, Java and Go, and classed as the ruling says; an expression is classed by the worst that it has.
func TestSuites(t *testing.T) {
	for written, want := range map[string]class{
		"TLS_AES_128_GCM_SHA256":                        onList,
		"0xC02F":                                        onList,
		"ECDHE-RSA-AES256-GCM-SHA384":                   onList,
		"ECDHE-ECDSA-CHACHA20-POLY1305":                 onList,
		"tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305":      onList,
		"DHE-RSA-CAMELLIA256-SHA256":                    onList,
		"ECDHE-ARIA256-GCM-SHA384":                      notTold,
		"AES128-SHA":                                    offList,
		"ECDHE-RSA-AES128-SHA256":                       offList,
		"TLS_RSA_WITH_AES_128_CBC_SHA":                  offList,
		"DES-CBC3-SHA":                                  forbidden,
		"SSL_RSA_WITH_RC4_128_MD5":                      forbidden,
		"EXP-RC2-CBC-MD5":                               forbidden,
		"TLS_RSA_WITH_NULL_SHA256":                      forbidden,
		"ADH-AES256-GCM-SHA384":                         forbidden,
		"EECDH+AESGCM:EDH+AESGCM":                       onList,
		"HIGH:!aNULL:!MD5":                              offList,
		"EECDH+AESGCM:EECDH+AES256:!SHA1":               offList,
		"ALL:!aNULL:RC4":                                forbidden,
		"ECDHE-RSA-AES256-GCM-SHA384:!RC4:!3DES:!aNULL": onList,
		"PROFILE=SYSTEM":                                notTold,
		"MEDIUM":                                        notTold,
		"[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]": onList,
		"DEFAULT@SECLEVEL=2": notTold,
	} {
		if got, why := suitesClass([]string{written}); got != want {
			t.Errorf("%s: %d (%s), want %d", written, got, strings.Join(why, ", "), want)
		}
	}
	n := map[class]int{}
	seen := map[string]bool{}
	for _, x := range suites() {
		if !seen[x.code] {
			seen[x.code] = true
			n[x.class()]++
		}
	}
	if len(seen) != 360 || n[notTold] > 0 || n[onList] < 100 || n[forbidden] < 100 {
		t.Errorf("%d suites: %v", len(seen), n)
	}
	for _, x := range suites() {
		if strings.HasPrefix(x.family, "RC2") && x.class() != forbidden {
			t.Errorf("%s passes", x.name)
		}
	}
}

// Versions are known by the words of every language that is read.
func TestVersions(t *testing.T) {
	for word, want := range map[string]string{"TLSv1": "1.0", "TLSv1.1": "1.1", "VersionTLS12": "1.2", "TLSv1_0": "1.0", "TLSV1_3": "1.3", "PROTOCOL_TLSv1": "1.0", "TLSv1_method": "1.0", "SSLv3": "0.3",
		"Tls11": "1.1", "TLS": "", "SSLv23_method": "", "TLS_AUTO": "", "SslProtocols.Tls12": "1.2", "VersionSSL30": "0.3"} {
		if got, known := versionOf(word); got != want || !known {
			t.Errorf("%s: %q, %t, want %q", word, got, known, want)
		}
	}
	if v, known := versionOf("lowest"); known {
		t.Errorf("lowest is %q", v)
	}
}

// What is off the list is a question, unless the parameter settles it, either way.
func TestOffList(t *testing.T) {
	r := Of("COMM.1")[1]
	for param, want := range map[string]Status{"ask": Unknown, "satisfied": Unknown, "violated": Violated} {
		b := new(fact.Base)
		b.Add("edge", fact.Row{Fact: fact.Secures{Role: "server", Mode: "on", Suites: []string{"AES128-SHA"}, Versions: []string{"TLSv1.2"}}, Grade: fact.Static},
			fact.Row{Fact: fact.Channel{To: "edge", TLS: "on", Why: "proxy", Boundary: "outside"}, Grade: fact.Static})
		v := r.View(b, []string{"edge"})
		v.Set("comm1.min_tls", "1.2")
		v.Set("comm1.off_list_suites", param)
		v.Set("life.capture", "30")
		r.Due(v, "")
		res := r.Evaluate(v)
		if res.Status != want {
			t.Errorf("%s: %s", param, res.Status)
		}
		agrees := slices.ContainsFunc(res.Findings, func(f Finding) bool { return strings.HasPrefix(f.Text, "static evidence agrees") })
		if agrees != (param == "satisfied") {
			t.Errorf("%s: %+v", param, res.Findings)
		}
	}
}

// Evidence that is brought is what a question is about; what has grown too old leaves no answer that settles it.
func TestChannelsKnowWhatWasBrought(t *testing.T) {
	for _, r := range append(Of("COMM.1"), Of("COMM.2")...) {
		req := r.Requirement()
		c := fact.Channel{From: "c", To: "rates.example.com", Protocol: "http", TLS: "on", Why: "address", Boundary: "outside"}
		sample := fact.Brought{Kind: "network capture", Requirement: req, Name: "a.pcap", Digest: "aa", Observed: "2026-11-01"}
		fresh, stale, settles := about(broughtTo(r, "2026-11-24", nil, c, sample))
		if len(fresh) < 2 || stale || !settles {
			t.Errorf("%s: fresh evidence: %v %t %t", r.ID, fresh, stale, settles)
		}
		if _, stale, settles = about(broughtTo(r, "2027-11-24", nil, c, sample)); !stale || settles {
			t.Errorf("%s: old evidence: %t %t", r.ID, stale, settles)
		}
	}
}

func FuzzSuites(f *testing.F) {
	f.Add("HIGH:!aNULL:ECDHE-RSA-AES256-GCM-SHA384")
	f.Add("[A|B]+!@STRENGTH,,EECDH+AESGCM")
	f.Fuzz(func(t *testing.T, s string) {
		a, why := suitesClass([]string{s})
		if b, again := suitesClass([]string{s}); a != b || !slices.Equal(why, again) {
			t.Error("twice the same is not the same")
		}
		versionOf(s)
	})
}
