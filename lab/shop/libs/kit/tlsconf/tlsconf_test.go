package tlsconf

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
)

func client(t *testing.T, caPEM []byte) *http.Client {
	t.Helper()
	config, err := Client(caPEM)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}

func authority(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

func TestClientTrustsOnlyItsAuthority(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	response, err := client(t, authority(server)).Get(server.URL)
	if err != nil {
		t.Fatalf("known authority refused: %v", err)
	}
	response.Body.Close()

	if _, err := Client([]byte("not a certificate")); err == nil {
		t.Fatal("an empty authority file was accepted")
	}
	if _, err := http.Get(server.URL); err == nil {
		t.Fatal("a certificate of an unknown authority was accepted")
	}
}

func TestClientRefusesOldVersions(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	server.StartTLS()
	defer server.Close()
	if _, err := client(t, authority(server)).Get(server.URL); err == nil {
		t.Fatal("TLS 1.1 was accepted")
	}
}

func TestServerNeedsTLS12(t *testing.T) {
	if Server("tls.crt", "tls.key").MinVersion != tls.VersionTLS12 {
		t.Fatal("older versions than TLS 1.2 are offered")
	}
}
