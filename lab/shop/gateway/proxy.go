package main

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

func transport(tlsConfig *tls.Config) http.RoundTripper {
	return &http.Transport{
		TLSClientConfig:       tlsConfig,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   32,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 10 * time.Second,
	}
}

// forward passes requests to one service. A token travels on as a header; the
// browser's cookies stay here.
func forward(to *url.URL, via http.RoundTripper, log *slog.Logger) http.Handler {
	return &httputil.ReverseProxy{
		Transport: via,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Path = strings.TrimPrefix(p.In.URL.Path, "/api")
			p.Out.URL.RawPath = strings.TrimPrefix(p.In.URL.RawPath, "/api")
			p.SetURL(to)
			p.SetXForwarded()
			p.Out.Header.Del("Cookie")
			p.Out.Header.Del("Authorization")
			if token := bearer(p.In); token != "" {
				p.Out.Header.Set("Authorization", "Bearer "+token)
			}
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.Error("service unavailable", "path", r.URL.Path, "error", err)
			http.Error(w, "service unavailable", http.StatusBadGateway)
		},
	}
}
