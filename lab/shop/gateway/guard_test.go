package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// example returns a request that the route pattern matches.
func example(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{id}", "7", "{file}", "shop.css", "{$}", "").Replace(path)
}

func TestBadTokensAreRefused(t *testing.T) {
	s := newShop(t)
	change := func(name string, value any) jwt.MapClaims {
		claims := s.claims()
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
		return claims
	}
	weak, err := jwt.NewWithClaims(jwt.SigningMethodHS256, s.claims()).SignedString([]byte("guess"))
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, s.claims()).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"expired":        s.token(t, change("exp", time.Now().Add(-time.Minute).Unix())),
		"without expiry": s.token(t, change("exp", nil)),
		"other issuer":   s.token(t, change("iss", "elsewhere")),
		"other audience": s.token(t, change("aud", "bank")),
		"logged out":     s.token(t, change("jti", "j2")),
		"other subject":  s.token(t, change("sub", "eve")),
		"other method":   weak,
		"unsigned":       unsigned,
		"not a token":    "abc",
	}
	for name, token := range cases {
		if code := s.request("GET", "/api/orders", token).Code; code != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, code)
		}
	}
}

func TestLoginIsLimited(t *testing.T) {
	s := newShop(t)
	for range credentialRate.Limit {
		if code := s.request("POST", "/api/login", "").Code; code != http.StatusOK {
			t.Fatalf("refused too early: %d", code)
		}
	}
	if code := s.request("POST", "/api/login", "").Code; code != http.StatusTooManyRequests {
		t.Fatalf("status %d after %d attempts", code, credentialRate.Limit)
	}
	if code := s.request("GET", "/api/products", "").Code; code != http.StatusOK {
		t.Fatalf("the login limit stops other requests: %d", code)
	}
}

func TestSecurityHeadersAreAlwaysSet(t *testing.T) {
	answer := newShop(t).request("GET", "/api/orders", "")
	for name, value := range securityHeaders {
		if answer.Header().Get(name) != value {
			t.Errorf("%s is %q", name, answer.Header().Get(name))
		}
	}
	if answer.Header().Get("Cache-Control") != "no-store" {
		t.Error("an answer of the API may be stored")
	}
}
