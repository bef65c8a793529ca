import { add, amount, order, total } from './basket.js';

const $ = (id) => document.getElementById(id);
let basket = new Map();

// The token is in a cookie that scripts cannot read; the browser sends it along.
async function call(method, path, body) {
  const answer = await fetch(`/api/${path}`, {
    method,
    credentials: 'same-origin',
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(content?.error ?? 'That did not work. Please try again.');
  return content;
}

function say(text) {
  $('message').textContent = text;
}

async function attempt(action) {
  try {
    say('');
    await action();
  } catch (problem) {
    say(problem.message);
  }
}

function item(text, button) {
  const line = document.createElement('li');
  line.textContent = text; // never as markup
  if (button) line.append(' ', button);
  return line;
}

function showBasket() {
  $('basket').replaceChildren(
    ...[...basket.values()].map(({ product, quantity }) => item(`${quantity} × ${product.name}`)),
  );
  $('total').value = total(basket);
  $('order').disabled = basket.size === 0;
}

async function showProducts() {
  const q = new FormData($('search')).get('q');
  const products = await call('GET', `products?q=${encodeURIComponent(q)}`);
  $('products').replaceChildren(
    ...products.map((product) => {
      const button = document.createElement('button');
      button.textContent = 'Add';
      button.addEventListener('click', () => {
        basket = add(basket, product);
        showBasket();
      });
      return item(`${product.name}, ${amount(product.cents, product.currency)}`, button);
    }),
  );
}

$('login').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target;
  const action = event.submitter?.value ?? 'login';
  attempt(async () => {
    await call('POST', action, Object.fromEntries(new FormData(form)));
    form.reset();
    if (action === 'users') return say('Registered. You can log in now.');
    form.hidden = true;
    $('logout').hidden = false;
  });
});

$('logout').addEventListener('click', () =>
  attempt(async () => {
    await call('POST', 'logout');
    $('login').hidden = false;
    $('logout').hidden = true;
  }),
);

$('order').addEventListener('click', () =>
  attempt(async () => {
    const placed = await call('POST', 'orders', order(basket));
    basket = new Map();
    showBasket();
    say(`Thank you. Your order is ${placed.id}.`);
  }),
);

$('search').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(showProducts);
});

attempt(showProducts);
