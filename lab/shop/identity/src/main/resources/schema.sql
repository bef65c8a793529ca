create table if not exists accounts (
    id            uuid primary key,
    email         text not null unique,
    password_hash varchar(68) not null,
    role          text not null check (role in ('customer', 'staff')),
    failures      integer not null default 0,
    locked_until  timestamptz
);
