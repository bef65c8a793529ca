// The picture of the architecture: selecting, filters, zoom. What is known of a part or flow stands in the folds below the picture.
(function () {
'use strict';
const $ = id => document.getElementById(id);
const view = $('picture');
if (!view) return;
const svg = view.querySelector('svg'), work = view.parentElement, panel = $('picture-panel'), facts = $('picture-facts'), title = $('picture-name');
const wide = +svg.getAttribute('width'), high = +svg.getAttribute('height');
$('picture-tools').hidden = false;
const boxes = [...svg.querySelectorAll('.p-box')], lines = [...svg.querySelectorAll('.p-line')];
const boxOf = new Map(boxes.map(b => [b.dataset.part, b]));

// Zoom is the width of the drawing: the view around it scrolls as any other, by wheel, touch and keyboard.
let scale = 1, fitted = true;
const least = () => Math.min(1, Math.max(.05, (view.clientWidth - 2) / wide));
function zoom(to, at) {
  const was = scale;
  scale = Math.min(3, Math.max(least(), to));
  const r = view.getBoundingClientRect(), x = at ? at.clientX - r.left : view.clientWidth / 2, y = at ? at.clientY - r.top : view.clientHeight / 2;
  const left = (view.scrollLeft + x) * scale / was - x, top = (view.scrollTop + y) * scale / was - y;
  svg.setAttribute('width', Math.round(wide * scale));
  svg.setAttribute('height', Math.round(high * scale));
  view.scrollLeft = left; view.scrollTop = top;
}
const narrow = matchMedia('(max-width: 760px)');
function fit() { fitted = true; zoom(Math.max(least(), .6)); } // names can be read; what does not fit is scrolled to
document.querySelectorAll('[data-zoom]').forEach(b => b.addEventListener('click', () => {
  if (b.dataset.zoom === 'fit') { fitted = true; zoom(least()); return; }
  fitted = false;
  zoom(scale * (b.dataset.zoom === 'in' ? 1.35 : 1 / 1.35));
}));
view.addEventListener('wheel', e => {
  if (!e.ctrlKey) return;
  e.preventDefault(); fitted = false;
  zoom(scale * Math.exp(-e.deltaY / 300), e);
}, {passive: false});
new ResizeObserver(() => { if (fitted) fit(); }).observe(view);
fit();
let drag = null, moved = false;
view.addEventListener('pointerdown', e => {
  moved = false;
  if (e.pointerType === 'mouse' && e.button === 0) drag = {x: e.clientX, y: e.clientY, left: view.scrollLeft, top: view.scrollTop};
});
addEventListener('pointermove', e => {
  if (!drag) return;
  const dx = e.clientX - drag.x, dy = e.clientY - drag.y;
  if (!moved && Math.abs(dx) + Math.abs(dy) < 5) return;
  moved = true; view.classList.add('drag');
  view.scrollLeft = drag.left - dx; view.scrollTop = drag.top - dy;
});
addEventListener('pointerup', () => { drag = null; view.classList.remove('drag'); });

// The status of each component for each requirement, from the list of cells.
const status = new Map();
for (const article of document.querySelectorAll('article.req')) {
  const m = new Map();
  for (const cell of article.querySelectorAll('details.cell')) {
    const s = ['violated', 'unknown', 'satisfied', 'not_applicable'].find(x => cell.classList.contains(x));
    m.set(cell.querySelector('.cname').textContent, s);
  }
  status.set(article.querySelector('.key').textContent, m);
}
const component = b => { const d = b && $(b.dataset.part); return d ? d.dataset.component : ''; };
const NS = 'http://www.w3.org/2000/svg', glyphs = {violated: '✗', unknown: '?', satisfied: '✓', not_applicable: '–'};
function make(parent, name, attributes, text) {
  const e = document.createElementNS(NS, name);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  if (text) e.textContent = text;
  parent.append(e);
}
let chosen = null;
function show() {
  const requirement = $('p-requirement').value, kind = $('p-kind').value, look = $('p-look').value;
  const m = status.get(requirement);
  const on = new Set();
  if (look) for (const l of lines) if (l.dataset.look === look) { on.add(l.dataset.from); on.add(l.dataset.to); }
  const index = chosen && chosen.classList.contains('p-box') ? String(boxes.indexOf(chosen)) : null;
  const near = new Set([index]);
  for (const l of lines) if (index !== null && (l.dataset.from === index || l.dataset.to === index)) { near.add(l.dataset.from); near.add(l.dataset.to); }
  if (chosen && index === null) { near.add(chosen.dataset.from); near.add(chosen.dataset.to); }
  let n = 0;
  const lit = boxes.map((b, i) => {
    for (const e of b.querySelectorAll('.st')) e.remove();
    const s = m && m.get(component(b));
    if (s) {
      const r = b.querySelector('.p-shape').getBBox();
      const g = document.createElementNS(NS, 'g');
      g.setAttribute('class', 'st ' + s);
      make(g, 'circle', {class: 'p-status-ground', cx: r.x + r.width, cy: r.y, r: 9});
      make(g, 'text', {class: 'p-status', x: r.x + r.width, y: r.y + 5}, glyphs[s]);
      b.append(g);
    }
    const ok = (!kind || b.dataset.kind === kind) && (!look || on.has(String(i))) && (!m || !!s);
    const keep = ok && (!chosen || near.has(String(i)));
    b.classList.toggle('dim', !keep);
    if (ok) n++;
    return ok;
  });
  for (const l of lines) {
    const from = lit[l.dataset.from], to = l.dataset.to === '-1' || lit[l.dataset.to];
    const mine = chosen === l || index !== null && (l.dataset.from === index || l.dataset.to === index);
    l.classList.toggle('near', mine);
    l.classList.toggle('dim', !((!look || l.dataset.look === look) && (look || !kind && !m || from || to) && (!chosen || mine)));
  }
  view.classList.toggle('busy', !!(chosen || kind || look || m));
  const said = chosen ? chosen.getAttribute('aria-label') + ' is selected.' : n === boxes.length ? 'Select a part or a line to see what is known of it. Arrow keys move, Enter selects, Escape closes.' : n + ' of ' + boxes.length + ' parts are shown.';
  $('picture-said').textContent = said;
}
for (const id of ['p-requirement', 'p-kind', 'p-look']) $(id).addEventListener('change', show);

// filter narrows the matrix and the list to one component, or takes that back.
let narrowed = '';
function filter(name) {
  const f = $('f-component');
  if (![...f.options].some(o => o.value === name)) name = '';
  if (f.value !== name && (name || f.value === narrowed)) { f.value = name; f.dispatchEvent(new Event('change', {bubbles: true})); }
  narrowed = name;
}
function close(back) {
  if (!chosen) return;
  const was = chosen;
  was.classList.remove('chosen'); was.setAttribute('aria-pressed', 'false');
  chosen = null;
  panel.hidden = true; work.classList.remove('open'); facts.replaceChildren();
  filter(''); show();
  if (back) was.focus({preventScroll: true});
}
function select(g, focus) {
  if (g === chosen) { close(true); return; }
  const fold = $(g.dataset.part || g.dataset.flow || '');
  if (!fold) return;
  if (chosen) { chosen.classList.remove('chosen'); chosen.setAttribute('aria-pressed', 'false'); }
  chosen = g;
  g.classList.add('chosen'); g.setAttribute('aria-pressed', 'true');
  title.textContent = fold.querySelector('.cname').textContent;
  const box = fold.querySelector('.lazy'), kept = box.querySelector('noscript');
  const about = document.createElement('p');
  about.className = 'quiet'; about.textContent = fold.querySelector('.quiet').textContent;
  facts.innerHTML = kept ? kept.textContent : box.innerHTML; // markup of this page, in which all foreign words are escaped
  facts.prepend(about);
  panel.hidden = false; panel.scrollTop = 0; work.classList.add('open');
  filter(g.dataset.part ? component(g) : '');
  show(); rove(g);
  const r = g.getBoundingClientRect(), v = view.getBoundingClientRect();
  if (g.dataset.part && (r.left < v.left || r.right > v.right || r.top < v.top || r.bottom > v.bottom)) {
    view.scrollLeft += r.left - v.left - v.width / 2 + r.width / 2;
    view.scrollTop += r.top - v.top - v.height / 2 + r.height / 2;
  }
  if (focus) title.focus({preventScroll: !narrow.matches});
}
// One part can be tabbed to; arrows lead to the next in their direction.
let current = null;
function rove(g) {
  if (current) current.setAttribute('tabindex', '-1');
  current = g;
  g.setAttribute('tabindex', '0');
}
for (const g of [...boxes, ...lines]) {
  if (!$(g.dataset.part || g.dataset.flow || '')) continue;
  g.setAttribute('role', 'button'); g.setAttribute('aria-pressed', 'false'); g.setAttribute('tabindex', '-1');
  g.addEventListener('click', () => { if (!moved) select(g, narrow.matches); });
}
const first = boxes.find(b => $(b.dataset.part || ''));
if (first) rove(first);
const steps = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};
svg.addEventListener('keydown', e => {
  const g = e.target.closest('.p-box,.p-line');
  if (!g || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); select(g, true); return; }
  if (e.key === 'f' && g.dataset.part) { // along the flows of a part
    const i = String(boxes.indexOf(g)), l = lines.find(l => l.dataset.flow && (l.dataset.from === i || l.dataset.to === i));
    if (l) { rove(l); l.focus(); }
    return;
  }
  const step = steps[e.key];
  if (!step) return;
  e.preventDefault();
  if (g.dataset.flow) {
    const all = lines.filter(l => l.dataset.flow), i = all.indexOf(g) + step[0] + step[1];
    if (all[i]) { rove(all[i]); all[i].focus(); }
    return;
  }
  const middle = b => { const r = b.querySelector('.p-shape').getBBox(); return [r.x + r.width / 2, r.y + r.height / 2]; };
  const [x, y] = middle(g);
  let best = null, least = Infinity;
  for (const b of boxes) {
    if (b === g || !b.hasAttribute('tabindex')) continue;
    const [u, v] = middle(b), along = (u - x) * step[0] + (v - y) * step[1], aside = Math.abs((u - x) * step[1]) + Math.abs((v - y) * step[0]);
    if (along > 5 && along + 3 * aside < least) { least = along + 3 * aside; best = b; }
  }
  if (best) { rove(best); best.focus(); }
});
$('picture-close').addEventListener('click', () => close(true));
document.addEventListener('keydown', e => { if (e.key === 'Escape' && chosen && (panel.contains(e.target) || view.contains(e.target) || e.target === document.body)) close(true); });
document.documentElement.dataset.picture = 'yes';
})();
