-- One replica at a time makes the tables.
select pg_advisory_xact_lock(1);

create sequence if not exists invoice_numbers;

create table if not exists invoices (
    id        uuid primary key,
    number    text not null unique,
    order_id  uuid not null unique,
    customer  uuid not null,
    cents     bigint not null check (cents > 0),
    currency  char(3) not null,
    issued_at timestamptz not null
);

create index if not exists invoices_by_customer on invoices (customer, issued_at);
