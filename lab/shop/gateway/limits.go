package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/middleware/stdlib"
)

var (
	// credentialRate holds for requests that carry a password.
	credentialRate = limiter.Rate{Period: time.Minute, Limit: 5}
	// requestRate holds for all requests of one address together.
	requestRate = limiter.Rate{Period: time.Minute, Limit: 300}
)

// limit counts the requests of each client address in a store that all
// replicas of the gateway share. The gateway is the outermost server, so the
// address is the connection's: forwarding headers are the client's own word.
func limit(store limiter.Store, name string, rate limiter.Rate, log *slog.Logger) func(http.Handler) http.Handler {
	counter := limiter.New(store, rate, limiter.WithTrustForwardHeader(false))
	middleware := stdlib.NewMiddleware(counter,
		stdlib.WithKeyGetter(func(r *http.Request) string {
			return name + ":" + counter.GetIPKey(r)
		}),
		stdlib.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
			log.Error("rate limiter unavailable", "error", err)
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		}),
	)
	return middleware.Handler
}
