import { createClient } from 'redis';
import { Product } from './product.js';
import type { ProductStore } from './store.js';
import type { Search } from './product.js';

/** A place for short-lived copies of text. */
export interface Cache {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, seconds: number): Promise<void>;
  drop(key: string): Promise<void>;
}

const SECONDS = 60;

/** Keeps single products in a cache. What comes back from the cache is checked
 *  like any other input. */
export class CachedStore implements ProductStore {
  constructor(
    private readonly store: ProductStore,
    private readonly cache: Cache,
  ) {}

  async find(id: string): Promise<Product | undefined> {
    const cached = await this.cache.get(`product:${id}`);
    if (cached !== null) return Product.parse(JSON.parse(cached));
    const product = await this.store.find(id);
    if (product) await this.cache.put(`product:${id}`, JSON.stringify(product), SECONDS);
    return product;
  }

  search(search: Search): Promise<Product[]> {
    return this.store.search(search);
  }

  async save(product: Product): Promise<void> {
    await this.store.save(product);
    await this.cache.drop(`product:${product.id}`);
  }
}

export interface RedisSettings {
  host: string;
  port: number;
  username: string;
  password: string;
  ca: string;
}

export async function connectRedis(settings: RedisSettings, onError: (error: Error) => void): Promise<Cache> {
  const { host, port, username, password, ca } = settings;
  const client = createClient({ username, password, socket: { host, port, tls: true, ca, minVersion: 'TLSv1.2' } });
  client.on('error', onError);
  await client.connect();
  return {
    get: (key) => client.get(key),
    put: async (key, value, seconds) => {
      await client.set(key, value, { expiration: { type: 'EX', value: seconds } });
    },
    drop: async (key) => {
      await client.del(key);
    },
  };
}
