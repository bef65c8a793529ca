package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/ulule/limiter/v3/drivers/store/memory"
)

type memorySessions map[string]string

func (m memorySessions) Touch(_ context.Context, id, subject string) (bool, error) {
	return m[id] == subject && subject != "", nil
}

// shop is a gateway in front of one service that stands for all of them.
type shop struct {
	handler  http.Handler
	key      *ecdsa.PrivateKey
	sessions memorySessions
	seen     *http.Request
}

func newShop(t *testing.T) *shop {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{key: key, sessions: memorySessions{"j1": "ada"}}
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { s.seen = r }))
	t.Cleanup(service.Close)
	address, err := url.Parse(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]*url.URL{}
	for _, route := range table {
		services[route.service] = address
	}
	s.handler = gateway{
		services:  services,
		transport: http.DefaultTransport,
		guard:     guard{key: &key.PublicKey, sessions: s.sessions},
		counters:  memory.NewStore(),
		log:       slog.New(slog.NewTextHandler(io.Discard, nil)),
	}.handler()
	return s
}

func (s *shop) claims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": tokenIssuer, "aud": tokenAudience, "sub": "ada", "jti": "j1",
		"exp": time.Now().Add(time.Minute).Unix(),
	}
}

func (s *shop) token(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodES384, claims).SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (s *shop) request(method, path, token string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, nil)
	if token != "" {
		request.AddCookie(&http.Cookie{Name: tokenCookie, Value: token})
	}
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, request)
	return answer
}

func TestOnlyOpenRoutesNeedNoToken(t *testing.T) {
	for _, route := range table {
		method, path := example(route.pattern)
		want := http.StatusOK
		if route.access == session {
			want = http.StatusUnauthorized
		}
		if got := newShop(t).request(method, path, "").Code; got != want {
			t.Errorf("%s without a token: %d, want %d", route.pattern, got, want)
		}
	}
}

func TestTokenTravelsAsHeaderAndCookieStays(t *testing.T) {
	s := newShop(t)
	token := s.token(t, s.claims())
	if code := s.request("GET", "/api/orders", token).Code; code != http.StatusOK {
		t.Fatalf("status %d", code)
	}
	if s.seen.URL.Path != "/orders" || s.seen.Header.Get("Authorization") != "Bearer "+token || s.seen.Header.Get("Cookie") != "" {
		t.Fatalf("the service saw %s %v", s.seen.URL.Path, s.seen.Header)
	}
}

func TestUnknownAPIPathsAreNotForwarded(t *testing.T) {
	s := newShop(t)
	if code := s.request("GET", "/api/internal", "").Code; code != http.StatusNotFound || s.seen != nil {
		t.Fatalf("status %d, forwarded %v", code, s.seen != nil)
	}
}
