import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CachedStore } from '../src/cache.js';
import { MemoryCache, MemoryStore, teapot } from './memory.js';

test('a product is read once and then comes from the cache', async () => {
  const store = new MemoryStore();
  const cached = new CachedStore(store, new MemoryCache());
  assert.deepEqual(await cached.find('teapot'), teapot);
  assert.deepEqual(await cached.find('teapot'), teapot);
  assert.equal(store.reads, 1);
});

test('a changed product is read anew', async () => {
  const cached = new CachedStore(new MemoryStore(), new MemoryCache());
  await cached.find('teapot');
  await cached.save({ ...teapot, cents: 100 });
  assert.equal((await cached.find('teapot'))?.cents, 100);
});

test('what the cache holds is not trusted', async () => {
  const cache = new MemoryCache();
  cache.entries.set('product:teapot', '{"id":"teapot","cents":-1}');
  await assert.rejects(new CachedStore(new MemoryStore(), cache).find('teapot'));
});
