package main

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisSessions reads the sessions that the identity service writes.
type redisSessions struct {
	client *redis.Client
	idle   time.Duration
}

func connectRedis(s redisSettings, tlsConfig *tls.Config) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:      s.address,
		Username:  s.user,
		Password:  s.password,
		TLSConfig: tlsConfig,
	})
}

func (s redisSessions) Touch(ctx context.Context, id, subject string) (bool, error) {
	owner, err := s.client.GetEx(ctx, "session:"+id, s.idle).Result()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(owner), []byte(subject)) == 1, nil
}
