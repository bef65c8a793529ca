// Filters, the panel beside the matrix, arrow keys, and folds that are filled when they are opened. The state is in the address:
// #CELL?status=…&family=…&component=…&q=…, each part only where it differs from "everything".
(function () {
'use strict';
const $ = id => document.getElementById(id);
const root = document.documentElement;
root.classList.add('js');

// fill makes nodes of what a fold keeps in its noscript element: markup of this page, in which all foreign words are escaped.
function source(box) {
  const n = box.querySelector(':scope > noscript');
  return n ? n.textContent : null;
}
function fill(box) {
  const html = box && source(box);
  if (html !== null && html !== undefined) { box.innerHTML = html; answer(box); }
}
// answer puts to a question that many cells share the answers, which the page has once.
function answer(box) {
  for (const ask of box.querySelectorAll('.ask[data-q]')) {
    const shared = document.getElementById(ask.dataset.q), more = ask.querySelector('.more');
    if (shared && more) more.replaceWith(...[...shared.querySelectorAll(':scope > .answers, :scope > .quiet')].map(n => n.cloneNode(true)));
  }
}
document.addEventListener('toggle', e => {
  if (e.target.open) for (const box of e.target.querySelectorAll('.lazy')) if (box.closest('details') === e.target) fill(box);
}, true);

// Cells, by id: what stands in the matrix, and what in the list.
const STATUSES = ['violated', 'unknown', 'satisfied', 'not_applicable'];
const cells = [], byID = new Map(), requirements = [];
for (const family of document.querySelectorAll('section.family')) {
  for (const article of family.querySelectorAll('article.req')) {
    const r = {article, family, name: family.dataset.family, cells: [], text: article.querySelector('h4').textContent.toLowerCase()};
    for (const fold of article.querySelectorAll('details.cell')) {
      const c = {id: fold.dataset.cell, fold, r, box: fold.querySelector('.lazy'), component: fold.querySelector('.cname').textContent,
        status: STATUSES.find(s => fold.classList.contains(s)), link: null, words: null};
      r.cells.push(c); cells.push(c); byID.set(c.id, c);
      c.box.removeAttribute('id'); // a browser would open and show this one by itself, and not the panel
    }
    requirements.push(r);
  }
}
const table = document.querySelector('#matrix table');
const heads = table ? [...table.tHead.rows[0].cells] : [];
const grid = []; // rows of the matrix that have cells
if (table) for (const body of table.tBodies) for (const row of body.rows) {
  if (row.classList.contains('fam')) continue;
  const line = {row, body, links: []};
  for (let i = 1; i < row.cells.length; i++) {
    const a = row.cells[i].firstElementChild;
    line.links.push(a);
    const c = a && byID.get(a.hash.slice(1));
    if (c) { c.link = a; c.column = i; c.line = line; a.tabIndex = -1; a.setAttribute('aria-expanded', 'false'); a.setAttribute('aria-controls', 'panel'); }
  }
  grid.push(line);
}

// words are all that a cell says, in lower case. Markup is taken out by its brackets: in words of the document these are escaped.
const letters = {lt: '<', gt: '>', amp: '&', '#34': '"', '#39': "'", '#43': '+'};
function words(c) {
  if (c.words === null) {
    const html = source(c.box);
    const text = html === null ? c.box.textContent : html.replace(/<[^>]*>/g, ' ').replace(/&(#?\w+);/g, (all, n) => letters[n] || all);
    c.words = (c.r.text + ' ' + c.component + ' ' + text).replace(/\s+/g, ' ').toLowerCase();
  }
  return c.words;
}

// The state, and the address that says it.
const state = {cell: '', status: new Set(STATUSES), family: '', component: '', q: ''};
function read() {
  const hash = location.hash.slice(1), at = hash.indexOf('?');
  const p = new URLSearchParams(at < 0 ? '' : hash.slice(at + 1));
  state.cell = at < 0 ? hash : hash.slice(0, at);
  const s = p.has('status') ? p.get('status').split(',').filter(x => STATUSES.includes(x)) : STATUSES;
  state.status = new Set(s);
  state.family = p.get('family') || '';
  state.component = p.get('component') || '';
  state.q = p.get('q') || '';
}
function address() {
  const p = new URLSearchParams();
  if (state.status.size < STATUSES.length) p.set('status', STATUSES.filter(s => state.status.has(s)).join(','));
  if (state.family) p.set('family', state.family);
  if (state.component) p.set('component', state.component);
  if (state.q) p.set('q', state.q);
  const tail = p.toString().replace(/%2C/g, ',');
  return '#' + state.cell + (tail ? '?' + tail : '');
}
function write(push) {
  const to = address();
  if (to === (location.hash || '#')) return;
  history[push ? 'pushState' : 'replaceState'](null, '', to);
}

const form = $('filters'), boxes = [...document.querySelectorAll('#f-status input')];
function show() {
  for (const b of boxes) b.checked = state.status.has(b.value);
  $('f-family').value = state.family;
  $('f-component').value = state.component;
  if ($('f-text').value !== state.q) $('f-text').value = state.q;
  const asked = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const narrow = state.status.size < STATUSES.length || state.component !== '' || asked.length > 0;
  root.classList.toggle('filtered', narrow && (state.component !== '' || asked.length > 0));
  let n = 0, m = 0;
  const columns = new Set();
  for (const r of requirements) {
    let any = 0;
    for (const c of r.cells) {
      const ok = state.status.has(c.status) && (!state.family || r.name === state.family) && (!state.component || c.component === state.component) &&
        (!asked.length || asked.every(w => words(c).includes(w)));
      if (ok) { any++; if (c.link) columns.add(c.column); }
      c.fold.hidden = !ok;
      if (c.link) c.link.hidden = !ok;
    }
    r.article.hidden = !any;
    const cellsFold = r.article.querySelector('details.cells');
    if (cellsFold && (state.component !== '' || asked.length > 0) && any && any <= 12) cellsFold.open = true;
    n += any; m += any ? 1 : 0;
  }
  for (const f of document.querySelectorAll('section.family')) f.hidden = !f.querySelector('article.req:not([hidden])');
  for (const line of grid) line.row.hidden = !line.links.some(a => a && !a.hidden);
  if (table) for (const body of table.tBodies) body.hidden = ![...body.rows].some(r => !r.hidden && !r.classList.contains('fam'));
  // A column with nothing in it is taken away, all the others brought back.
  const gone = i => narrow && !columns.has(i);
  heads.forEach((h, i) => { if (i > 0 && h.hidden !== gone(i)) { h.hidden = gone(i); for (const line of grid) line.row.cells[i].hidden = gone(i); } });
  $('shown').textContent = n === cells.length ? 'All ' + n + ' cells of ' + m + ' requirements are shown.' : n + ' of ' + cells.length + ' cells are shown, in ' + m + ' of ' + requirements.length + ' requirements.';
  rove();
}

// One cell of the matrix can be tabbed to; arrows go to the next one that is shown.
let current = null;
function rove() {
  if (current && !current.hidden && current.isConnected) return;
  if (current) current.tabIndex = -1;
  current = null;
  for (const line of grid) for (const a of line.links) if (a && !a.hidden) { current = a; a.tabIndex = 0; return; }
}
function go(a) {
  if (current) current.tabIndex = -1;
  current = a; a.tabIndex = 0; a.focus();
}
function position(a) {
  for (let y = 0; y < grid.length; y++) { const x = grid[y].links.indexOf(a); if (x >= 0) return [x, y]; }
  return null;
}
const there = (x, y) => { const a = grid[y] && grid[y].links[x]; return a && !a.hidden ? a : null; };
if (table) table.addEventListener('keydown', e => {
  const at = e.target.closest('td a') && position(e.target);
  if (!at || e.ctrlKey || e.metaKey || e.altKey) return;
  let [x, y] = at, to = null;
  const width = grid[y].links.length;
  const step = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]}[e.key];
  if (step) {
    do { x += step[0]; y += step[1]; to = there(x, y); } while (!to && x >= 0 && x < width && y >= 0 && y < grid.length);
    // Rows of the whole system have one cell only: from there, down and up go to the nearest cell of the next row.
    if (!to && step[1]) for (y = at[1] + step[1]; !to && y >= 0 && y < grid.length; y += step[1])
      for (let d = 0; !to && d < width; d++) to = there(at[0] - d, y) || there(at[0] + d, y);
  } else if (e.key === 'Home') for (x = 0; !to && x < width; x++) to = there(x, y);
  else if (e.key === 'End') for (x = width - 1; !to && x >= 0; x--) to = there(x, y);
  else if (e.key === ' ') { e.preventDefault(); e.target.click(); return; }
  else return;
  e.preventDefault();
  if (to) go(to);
});

// The panel shows a cell beside the matrix; where there is no room for one, the cell opens in the list.
const panel = $('panel'), work = document.querySelector('.work');
const roomy = matchMedia('(min-width: 1000px)');
let open = null;
function close(back) {
  if (!open) return;
  const a = open.link;
  if (a) a.setAttribute('aria-expanded', 'false');
  open = null;
  panel.hidden = true; work.classList.remove('open'); $('panel-body').replaceChildren();
  if (back && a && !a.hidden) go(a);
}
function inList(c, focus) {
  for (let d = c.fold; d; d = d.parentElement.closest('details')) d.open = true;
  fill(c.box);
  c.fold.scrollIntoView({block: 'start'});
  if (focus) c.fold.querySelector('summary').focus({preventScroll: true});
}
function beside(c, focus) {
  close(false);
  open = c;
  const html = source(c.box);
  const body = $('panel-body');
  if (html !== null) { body.innerHTML = html; answer(body); } else body.replaceChildren(...[...c.box.childNodes].map(n => n.cloneNode(true)));
  const title = $('panel-title');
  title.textContent = c.r.article.querySelector('.key').textContent + ' · ' + c.component + ' ';
  title.append(c.fold.querySelector('.mark').cloneNode(true));
  $('panel-list').href = '#' + c.id;
  panel.hidden = false; panel.scrollTop = 0; work.classList.add('open');
  c.link.setAttribute('aria-expanded', 'true');
  if (current) current.tabIndex = -1;
  current = c.link; c.link.tabIndex = 0;
  if (focus) title.focus({preventScroll: true});
  c.link.scrollIntoView({block: 'nearest', inline: 'nearest'});
}
function show_cell(c, focus) {
  if (c.link && !c.link.hidden && roomy.matches) beside(c, focus); else inList(c, focus);
}
if (table) table.addEventListener('click', e => {
  const a = e.target.closest('td a'), c = a && byID.get(a.hash.slice(1));
  if (!c || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  if (open === c) { close(true); state.cell = ''; write(true); return; }
  state.cell = c.id; write(true);
  show_cell(c, true);
});
$('panel-list').addEventListener('click', e => {
  e.preventDefault();
  const c = open;
  if (c) { close(false); inList(c, true); }
});
const shut = () => { close(true); state.cell = ''; write(false); };
$('panel-close').addEventListener('click', shut);
document.addEventListener('keydown', e => { if (e.key === 'Escape' && open && e.target !== $('f-text')) shut(); });

// Controls.
form.hidden = false;
const change = () => {
  state.status = new Set(boxes.filter(b => b.checked).map(b => b.value));
  state.family = $('f-family').value;
  state.component = $('f-component').value;
  state.q = $('f-text').value.trim();
  show(); write(false);
  if (open && open.link.hidden) { close(false); state.cell = ''; write(false); }
};
form.addEventListener('change', e => { if (e.target !== $('f-text')) change(); });
form.addEventListener('submit', e => { e.preventDefault(); change(); });
let wait = 0;
$('f-text').addEventListener('input', () => { clearTimeout(wait); wait = setTimeout(change, 120); });
$('f-clear').addEventListener('click', () => {
  state.status = new Set(STATUSES); state.family = state.component = state.q = '';
  show(); write(false); $('f-text').focus();
});
const libraries = $('f-libraries');
if (libraries) {
  libraries.parentElement.hidden = false;
  libraries.addEventListener('input', () => {
    const asked = libraries.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of libraries.closest('details').querySelectorAll('tbody tr')) {
      const text = row.textContent.toLowerCase();
      row.hidden = !asked.every(w => text.includes(w));
    }
  });
}

function arrive() {
  const filters = address().split('?')[1] || '';
  read();
  if (filters !== (address().split('?')[1] || '') || !arrive.done) show();
  arrive.done = true;
  const c = byID.get(state.cell);
  if (c) {
    if (c.fold.hidden) { state.status = new Set(STATUSES); state.family = state.component = state.q = ''; show(); write(false); }
    show_cell(c, false);
    if (open) $('requirements').scrollIntoView({block: 'start'});
    return;
  }
  close(false);
  const at = state.cell ? document.getElementById(state.cell) : null;
  if (at) {
    for (let d = at.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
    if (at.hidden || at.closest('[hidden]')) { state.status = new Set(STATUSES); state.family = state.component = state.q = ''; show(); write(false); }
    at.scrollIntoView();
  } else if (location.hash.startsWith('#?')) $('requirements').scrollIntoView();
}
addEventListener('hashchange', arrive);
addEventListener('popstate', arrive);
// A link to a section keeps the filters.
document.addEventListener('click', e => {
  const a = e.target.closest('a[href^="#"]');
  if (!a || e.defaultPrevented || e.ctrlKey || e.metaKey || e.shiftKey || a.hash.startsWith('#?')) return;
  const tail = address().split('?')[1];
  if (!tail || byID.has(a.hash.slice(1))) return;
  e.preventDefault();
  history.pushState(null, '', a.hash + '?' + tail);
  arrive();
});
arrive();
root.dataset.ready = 'yes';
})();
