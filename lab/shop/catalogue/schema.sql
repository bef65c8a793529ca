-- One replica at a time makes the tables.
select pg_advisory_xact_lock(1);

create table if not exists products (
    id       text primary key check (id ~ '^[a-z0-9-]{1,40}$'),
    name     text not null,
    text     text not null,
    cents    bigint not null check (cents >= 0),
    currency char(3) not null
);
