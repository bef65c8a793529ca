// The gateway is the shop's only door: it speaks TLS to the world, verifies
// tokens, limits how often passwords can be tried, and forwards the rest.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	counters "github.com/ulule/limiter/v3/drivers/store/redis"
	"shop.example/kit/config"
	"shop.example/kit/logging"
	"shop.example/kit/tlsconf"
)

func main() {
	log := logging.New(os.Stdout, "gateway")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log); err != nil {
		log.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger) error {
	s, err := readSettings(config.Environment())
	if err != nil {
		return err
	}
	tlsClient, err := tlsconf.Client(s.authority)
	if err != nil {
		return err
	}
	redis := connectRedis(s.redis, tlsClient)
	defer redis.Close()
	store, err := counters.NewStore(redis)
	if err != nil {
		return err
	}
	g := gateway{
		services:  s.services,
		transport: transport(tlsClient),
		guard:     guard{key: s.tokenKey, sessions: redisSessions{redis, s.sessionIdle}},
		counters:  store,
		log:       log,
	}
	server := &http.Server{
		Addr:              s.listen,
		Handler:           g.handler(),
		TLSConfig:         tlsconf.Server(s.certificate, s.key),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	return serve(ctx, server, log)
}

// serve runs until the context ends, then lets requests in flight finish.
func serve(ctx context.Context, server *http.Server, log *slog.Logger) error {
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServeTLS("", "") }()
	log.Info("listening", "on", server.Addr)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if failure := <-failed; !errors.Is(failure, http.ErrServerClosed) {
		return failure
	}
	return err
}
