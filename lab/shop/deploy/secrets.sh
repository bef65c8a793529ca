#!/usr/bin/env bash
# Makes what the compose file mounts from .secrets: an authority of our own, a
# certificate for each server, the key pair of the tokens, and random passwords.
# For one machine; a cluster gets the same from cert-manager and its secret store.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
mkdir .secrets && cd .secrets # stops here where they exist already

random() { openssl rand -base64 32 | tr -d '\n=+/'; }
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$1"; }

mkdir authority
key authority/ca.key
openssl req -x509 -new -key authority/ca.key -sha384 -days 365 -subj "/CN=shop development authority" -out authority/ca.crt

for server in gateway identity orders catalogue billing storefront mailer mailpit postgres redis rabbitmq; do
    mkdir -p "tls/$server"
    key "tls/$server/tls.key"
    openssl req -new -key "tls/$server/tls.key" -subj "/CN=$server" -addext "subjectAltName=DNS:$server,DNS:localhost" |
        openssl x509 -req -CA authority/ca.crt -CAkey authority/ca.key -sha384 -days 90 -copy_extensions copy \
            -out "tls/$server/tls.crt"
    cp authority/ca.crt "tls/$server/ca.crt"
done

key token.key
openssl pkey -in token.key -pubout -out token.pub

for name in postgres_password {identity,orders,catalogue,billing}_database_password \
    {gateway,identity,catalogue}_redis_password {orders,billing,mailer}_broker_password; do
    random >"$name"
done
printf only-for-development >mail_password # for the relay of compose.override.yaml; a real relay has its own

# What each service may do in Redis.
acl() {
    local digest
    digest=$(printf %s "$(cat "$1_redis_password")" | sha256sum | cut -d' ' -f1)
    printf 'user %s on #%s resetchannels -@all +@connection %s\n' "$1" "$digest" "$2"
}
{
    echo 'user default off'
    acl gateway '~session:* ~limiter:* +getex +get +incrby +pexpire +pttl +evalsha +script|load'
    acl identity '~session:* +get +set +setex +del'
    acl catalogue '~product:* +get +set +del'
} >redis_users.acl

# What each service may do at the broker: configure nothing, write, read.
user() {
    local hash
    openssl rand -out salt 4
    hash=$({ cat salt; cat salt "$1_broker_password" | openssl dgst -sha256 -binary; } | base64 -w0)
    rm salt
    printf '{"name":"%s","password_hash":"%s","hashing_algorithm":"rabbit_password_hashing_sha256","tags":""}' "$1" "$hash"
}
permission() {
    printf '{"user":"%s","vhost":"/","configure":"^$","write":"%s","read":"%s"}' "$1" "$2" "$3"
}
printf '{"users":[%s,%s,%s],"permissions":[%s,%s,%s]}\n' \
    "$(user orders)" "$(user billing)" "$(user mailer)" \
    "$(permission orders '^shop$' '^$')" \
    "$(permission billing '^shop$' '^billing\\.orders$')" \
    "$(permission mailer '^$' '^mailer\\.invoices$')" >broker-users.json

# Compose mounts these files as they are, and every service runs as a user of its own.
find . -path ./authority -prune -o -type f -exec chmod 0644 {} +
find . -type d ! -path ./authority -exec chmod 0755 {} +
