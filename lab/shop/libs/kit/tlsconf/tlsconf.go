// Package tlsconf holds the TLS settings of the shop: version 1.2 or later,
// authenticated encryption only, and certificates of the shop's own authority.
package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, // HTTP/2 wants these two
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
}

// Server returns the settings of a listener. The certificate is read again for
// every handshake, so that a renewed one is used without a restart.
func Server(certFile, keyFile string) *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		CipherSuites: suites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			return &pair, err
		},
	}
}

// Client returns the settings of a caller that trusts only the authorities in
// caPEM.
func Client(caPEM []byte) (*tls.Config, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(caPEM) {
		return nil, errors.New("no certificate in the authority file")
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites, RootCAs: roots}, nil
}
