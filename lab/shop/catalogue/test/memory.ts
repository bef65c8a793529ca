import type { Cache } from '../src/cache.js';
import type { Product, Search } from '../src/product.js';
import type { ProductStore } from '../src/store.js';

export const teapot: Product = { id: 'teapot', name: 'Teapot', text: 'Holds a litre.', cents: 2450, currency: 'EUR' };

export class MemoryStore implements ProductStore {
  reads = 0;
  readonly products = new Map<string, Product>([[teapot.id, teapot]]);

  async find(id: string) {
    this.reads++;
    return this.products.get(id);
  }

  async search({ q }: Search) {
    return [...this.products.values()].filter(({ name }) => name.toLowerCase().includes(q.toLowerCase()));
  }

  async save(product: Product) {
    this.products.set(product.id, product);
  }
}

export class MemoryCache implements Cache {
  readonly entries = new Map<string, string>();

  async get(key: string) {
    return this.entries.get(key) ?? null;
  }

  async put(key: string, value: string) {
    this.entries.set(key, value);
  }

  async drop(key: string) {
    this.entries.delete(key);
  }
}
