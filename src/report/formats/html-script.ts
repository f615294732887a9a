/**
 * Search and filters of the page: a row is shown where every filter that it knows of takes it and it holds every word
 * that is searched for, what is told once for all rows included. On paper there is nothing to open, so what is folded
 * text is opened for it. Plain DOM: it runs in the reader's browser, without a network.
 */
export const script = `
'use strict';
const form = document.getElementById('filters');
const shown = document.getElementById('shown');
const rows = [...document.querySelectorAll('tbody tr')];
const marks = [...document.querySelectorAll('.timeline ul li')];
const sections = [...document.querySelectorAll('main section')];
function sharedBy(row) {
  return row.closest('section').querySelector('.shared')?.textContent ?? '';
}
const texts = new Map(rows.map((row) => [row, (row.textContent + ' ' + sharedBy(row)).toLowerCase()]));
const keys = ['environment', 'application', 'build'];
function takes(element, wishes) {
  const facts = element.dataset;
  return keys.every((key) => wishes[key] === '' || facts[key] === undefined || facts[key] === wishes[key]);
}
function update() {
  const wishes = Object.fromEntries(keys.map((key) => [key, form.elements[key].value]));
  const words = form.elements.text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const isShown = takes(row, wishes) && words.every((word) => texts.get(row).includes(word));
    row.classList.toggle('hidden', !isShown);
    if (isShown) count += 1;
  }
  for (const section of sections) {
    const left = section.querySelectorAll('tbody tr:not(.hidden)').length;
    document.querySelector('[data-of="' + section.id + '"]').textContent = String(left);
    section.querySelector('.table')?.classList.toggle('hidden', left === 0);
    section.querySelector('.nothing')?.toggleAttribute('hidden', left !== 0);
  }
  for (const mark of marks) mark.classList.toggle('hidden', !takes(mark, wishes));
  shown.value = count === rows.length ? rows.length + ' rows' : count + ' of ' + rows.length + ' rows';
}
form.hidden = false;
form.addEventListener('input', update);
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('reset', () => setTimeout(update));
const folded = [...document.querySelectorAll('details.text')];
const opened = new Set();
addEventListener('beforeprint', () => {
  for (const part of folded) if (!part.open) { part.open = true; opened.add(part); }
});
addEventListener('afterprint', () => {
  for (const part of opened) part.open = false;
  opened.clear();
});
update();
`
