import type { Pool } from 'pg';
import { PAGE_SIZE, Product, type Search } from './product.js';

/** Where products are kept. */
export interface ProductStore {
  find(id: string): Promise<Product | undefined>;
  search(search: Search): Promise<Product[]>;
  save(product: Product): Promise<void>;
}

export class PostgresStore implements ProductStore {
  constructor(private readonly pool: Pool) {}

  async find(id: string): Promise<Product | undefined> {
    const { rows } = await this.pool.query(
      'select id, name, text, cents::float8 as cents, currency from products where id = $1',
      [id],
    );
    return rows[0] && Product.parse(rows[0]);
  }

  async search({ q, page }: Search): Promise<Product[]> {
    const { rows } = await this.pool.query(
      `select id, name, text, cents::float8 as cents, currency from products
        where position(lower($1) in lower(name)) > 0 or $1 = ''
        order by name limit $2 offset $3`,
      [q, PAGE_SIZE, (page - 1) * PAGE_SIZE],
    );
    return rows.map((row) => Product.parse(row));
  }

  async save({ id, name, text, cents, currency }: Product): Promise<void> {
    await this.pool.query(
      `insert into products (id, name, text, cents, currency) values ($1, $2, $3, $4, $5)
        on conflict (id) do update set name = $2, text = $3, cents = $4, currency = $5`,
      [id, name, text, cents, currency],
    );
  }
}
