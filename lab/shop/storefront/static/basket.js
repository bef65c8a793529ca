// The basket: product by id, with how many of it. Prices shown here are for the
// eye only; the orders service asks the catalogue for the real ones.

export const MAX_QUANTITY = 100;

export function add(basket, product) {
  const quantity = Math.min((basket.get(product.id)?.quantity ?? 0) + 1, MAX_QUANTITY);
  return new Map(basket).set(product.id, { product, quantity });
}

export function order(basket) {
  return { lines: [...basket].map(([product, { quantity }]) => ({ product, quantity })) };
}

export function total(basket) {
  const sums = new Map();
  for (const { product, quantity } of basket.values()) {
    sums.set(product.currency, (sums.get(product.currency) ?? 0) + product.cents * quantity);
  }
  return [...sums].map(([currency, cents]) => amount(cents, currency)).join(' + ');
}

export function amount(cents, currency) {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')} ${currency}`;
}
