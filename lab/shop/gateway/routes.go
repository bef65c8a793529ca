package main

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/ulule/limiter/v3"
)

type access int

const (
	session     access = iota // needs the token of a live session
	open                      // for everyone
	credentials               // for everyone, few times: the request carries a password
)

// table is the outer face of the shop. What it does not name is not reachable.
var table = []struct {
	pattern string
	service string
	access  access
}{
	{"POST /api/users", "identity", credentials},
	{"POST /api/login", "identity", credentials},
	{"PUT /api/password", "identity", session},
	{"POST /api/token", "identity", session},
	{"POST /api/logout", "identity", session},
	{"GET /api/products", "catalogue", open},
	{"GET /api/products/{id}", "catalogue", open},
	{"PUT /api/products/{id}", "catalogue", session},
	{"GET /api/orders", "orders", session},
	{"POST /api/orders", "orders", session},
	{"GET /api/orders/{id}", "orders", session},
	{"POST /api/orders/{id}/cancel", "orders", session},
	{"GET /api/invoices", "billing", session},
	{"GET /api/invoices/{id}", "billing", session},
	{"GET /{$}", "storefront", open},
	{"GET /static/{file}", "storefront", open},
}

// gateway is what the routes need.
type gateway struct {
	services  map[string]*url.URL
	transport http.RoundTripper
	guard     guard
	counters  limiter.Store
	log       *slog.Logger
}

func (g gateway) handler() http.Handler {
	strict := limit(g.counters, "credentials", credentialRate, g.log)
	general := limit(g.counters, "requests", requestRate, g.log)

	mux := http.NewServeMux()
	for _, route := range table {
		handler := forward(g.services[route.service], g.transport, g.log)
		switch route.access {
		case credentials:
			handler = strict(handler)
		case session:
			handler = g.guard.protect(handler)
		}
		mux.Handle(route.pattern, general(handler))
	}
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	return observe(g.log, harden(mux))
}
