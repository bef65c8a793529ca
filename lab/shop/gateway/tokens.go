package main

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	tokenIssuer   = "shop-identity"
	tokenAudience = "shop"
	tokenCookie   = "__Host-token"
)

var errSessionEnded = errors.New("the session has ended")

// sessions knows which tokens are still in use. Touch reports whether the
// token with this id belongs to a live session of the subject, and starts the
// session's idle time anew.
type sessions interface {
	Touch(ctx context.Context, id, subject string) (bool, error)
}

// guard lets only requests with a valid token of a live session pass.
type guard struct {
	key      *ecdsa.PublicKey
	sessions sessions
}

// check verifies a token: its signature first, then its session.
func (g guard) check(ctx context.Context, token string) error {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(token, &claims,
		func(*jwt.Token) (any, error) { return g.key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodES384.Alg()}),
		jwt.WithIssuer(tokenIssuer),
		jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(),
	)
	if err != nil {
		return err
	}
	live, err := g.sessions.Touch(ctx, claims.ID, claims.Subject)
	if err != nil {
		return err
	}
	if !live {
		return errSessionEnded
	}
	return nil
}

// protect refuses a request whose token does not pass.
func (g guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.check(r.Context(), bearer(r)); err != nil {
			http.Error(w, "please log in", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// bearer returns the request's token: from the Authorization header for
// programs, from the cookie for browsers.
func bearer(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	if cookie, err := r.Cookie(tokenCookie); err == nil {
		return cookie.Value
	}
	return ""
}
