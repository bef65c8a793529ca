import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../src/app.js';
import { MemoryStore, teapot } from './memory.js';

const body = { name: 'Cup', text: '', cents: 600, currency: 'EUR' };

function shop(staff = true) {
  const store = new MemoryStore();
  return { store, app: createApp({ store, isStaff: async () => staff }) };
}

test('everyone can look at products', async () => {
  const { app } = shop(false);
  assert.deepEqual((await app.inject('/products?q=tea')).json(), [teapot]);
  assert.deepEqual((await app.inject('/products?q=sofa')).json(), []);
  assert.deepEqual((await app.inject('/products/teapot')).json(), teapot);
  assert.equal((await app.inject('/products/sofa')).statusCode, 404);
});

test('only staff can change them', async () => {
  const guests = shop(false);
  const refused = await guests.app.inject({ method: 'PUT', url: '/products/cup', payload: body });
  assert.equal(refused.statusCode, 403);
  assert.equal(guests.store.products.has('cup'), false);

  const staff = shop();
  const taken = await staff.app.inject({ method: 'PUT', url: '/products/cup', payload: body });
  assert.equal(taken.statusCode, 204);
  assert.deepEqual(staff.store.products.get('cup'), { id: 'cup', ...body });
});

test('malformed input is refused', async () => {
  const { app, store } = shop();
  for (const url of ['/products?page=0', '/products?sort=cents', '/products/..%2Fusers', '/products/A']) {
    assert.equal((await app.inject(url)).statusCode, 422, url);
  }
  const bad = [{}, { ...body, cents: -1 }, { ...body, cents: 0.5 }, { ...body, name: ' ' }, { ...body, admin: true }];
  for (const payload of bad) {
    assert.equal((await app.inject({ method: 'PUT', url: '/products/cup', payload })).statusCode, 422);
  }
  assert.equal(store.products.size, 1);
});

test('unexpected errors say nothing about the inside', async () => {
  const { app, store } = shop();
  store.search = async () => Promise.reject(new Error('connection to postgres.internal lost'));
  const answer = await app.inject('/products');
  assert.equal(answer.statusCode, 500);
  assert.doesNotMatch(answer.body, /postgres/);
});
