import { h } from './dom.js';
export function saveMenu() { return h('button', { class: 'tool' }, 'Save'); }
