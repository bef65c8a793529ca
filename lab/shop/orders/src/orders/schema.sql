-- One replica at a time makes the tables.
select pg_advisory_xact_lock(1);

create table if not exists orders (
    id        uuid primary key,
    customer  uuid not null,
    status    text not null check (status in ('placed', 'cancelled')),
    currency  char(3) not null,
    placed_at timestamptz not null
);

create table if not exists order_lines (
    order_id uuid not null references orders (id),
    position integer not null,
    product  text not null,
    quantity integer not null check (quantity > 0),
    cents    bigint not null check (cents >= 0),
    primary key (order_id, position)
);

create index if not exists orders_by_customer on orders (customer, placed_at);
