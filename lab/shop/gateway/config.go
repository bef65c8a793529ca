package main

import (
	"crypto/ecdsa"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"shop.example/kit/config"
)

// settings is everything the gateway is told from outside.
type settings struct {
	listen      string
	certificate string
	key         string
	authority   []byte
	tokenKey    *ecdsa.PublicKey
	sessionIdle time.Duration
	redis       redisSettings
	services    map[string]*url.URL
}

type redisSettings struct{ address, user, password string }

func readSettings(r *config.Reader) (settings, error) {
	s := settings{
		listen:      r.Default("LISTEN", ":8443"),
		certificate: r.String("TLS_CERTIFICATE"),
		key:         r.String("TLS_KEY"),
		authority:   r.File("TLS_AUTHORITY"),
		sessionIdle: r.Duration("SESSION_IDLE", 10*time.Minute),
		redis: redisSettings{
			address:  r.String("REDIS_ADDRESS"),
			user:     r.String("REDIS_USER"),
			password: r.Secret("REDIS_PASSWORD_FILE"),
		},
		services: map[string]*url.URL{},
	}
	publicKey := r.File("TOKEN_PUBLIC_KEY")
	services := map[string]string{
		"identity":   r.String("IDENTITY_URL"),
		"orders":     r.String("ORDERS_URL"),
		"catalogue":  r.String("CATALOGUE_URL"),
		"billing":    r.String("BILLING_URL"),
		"storefront": r.String("STOREFRONT_URL"),
	}
	if err := r.Err(); err != nil {
		return settings{}, err
	}
	var err error
	if s.tokenKey, err = jwt.ParseECPublicKeyFromPEM(publicKey); err != nil {
		return settings{}, err
	}
	for name, address := range services {
		if s.services[name], err = url.Parse(address); err != nil {
			return settings{}, err
		}
	}
	return s, nil
}
