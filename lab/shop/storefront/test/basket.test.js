import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, amount, MAX_QUANTITY, order, total } from '../static/basket.js';

const cup = { id: 'cup', name: 'Cup', cents: 605, currency: 'EUR' };
const teapot = { id: 'teapot', name: 'Teapot', cents: 2450, currency: 'EUR' };

test('a basket becomes an order without prices', () => {
  const basket = [cup, teapot, cup].reduce(add, new Map());
  assert.deepEqual(order(basket), {
    lines: [
      { product: 'cup', quantity: 2 },
      { product: 'teapot', quantity: 1 },
    ],
  });
  assert.equal(total(basket), '36.60 EUR');
});

test('quantities are bounded', () => {
  let basket = new Map();
  for (let i = 0; i < MAX_QUANTITY + 5; i++) basket = add(basket, cup);
  assert.equal(basket.get('cup').quantity, MAX_QUANTITY);
});

test('amounts', () => {
  assert.equal(amount(5, 'EUR'), '0.05 EUR');
  assert.equal(total(new Map()), '');
});
