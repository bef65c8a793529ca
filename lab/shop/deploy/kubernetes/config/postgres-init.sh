#!/bin/sh
# Runs once, when the cluster is made: a database and a role of its own for each
# service. No role can read another service's data, and none is a superuser.
set -eu
for service in identity orders catalogue billing; do
    psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
        --set service="$service" --set password="$(cat "/run/secrets/${service}_database_password")" <<-'SQL'
		create role :"service" login password :'password'
		    nosuperuser nocreatedb nocreaterole;
		create database :"service" owner :"service";
		revoke all on database :"service" from public;
	SQL
done
