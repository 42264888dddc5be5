import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import {
  checkpointStateRow,
  sliceStateRow,
  type CheckpointState,
  type SliceState,
  type StateIcon,
  type Tone,
} from '../core/run/states.ts';

/** State icons, drawn in the text's colour. Always beside the state in words, so hidden from screen readers. */

export function sliceIcon(state: SliceState): TemplateResult {
  return stateIcon(sliceStateRow(state));
}

export function checkpointIcon(state: CheckpointState): TemplateResult {
  return stateIcon(checkpointStateRow(state));
}

function stateIcon({ icon: name, tone }: { readonly icon: StateIcon; readonly tone: Tone }): TemplateResult {
  return icon(shapes[name], `icon icon-${name} tone-${tone}`);
}

export function copyIcon(): TemplateResult {
  return icon(svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1"/><path d="M10.5 5.5v-3h-8v8h3"/>`, 'icon');
}

function icon(shape: SVGTemplateResult, classes: string): TemplateResult {
  return html`<svg class=${classes} viewBox="0 0 16 16" aria-hidden="true" focusable="false">${shape}</svg>`;
}

const ring = svg`<circle cx="8" cy="8" r="6"/>`;
const merge = svg`<circle cx="4.5" cy="3.5" r="1.6"/><circle cx="4.5" cy="12.5" r="1.6"/><circle cx="11.5" cy="8.5" r="1.6"/><path d="M4.5 5.1v5.8M4.6 5.4c.6 2 2.4 3.1 5.2 3.1"/>`;

const shapes: Readonly<Record<StateIcon, SVGTemplateResult>> = {
  blocked: svg`<circle cx="8" cy="8" r="6" stroke-dasharray="2.2 2.5"/>`,
  ready: ring,
  turning: svg`<path d="M13.6 6A6 6 0 1 0 14 8"/><path d="M13.9 2.6V6h-3.4"/>`,
  checking: svg`<path d="M6 2.5h4M6.8 2.5v4L3.4 12a1.1 1.1 0 0 0 1 1.6h7.2a1.1 1.1 0 0 0 1-1.6L9.2 6.500v-4M5 10h6"/>`,
  question: svg`${ring}<path d="M6.2 6.400a1.8 1.8 0 1 1 2.600 1.600c-.6.3-.8.6-.8 1.200M8 11.200v.2"/>`,
  paused: svg`${ring}<path d="M6.500 5.800v4.400M9.500 5.800v4.400"/>`,
  'cut-off': svg`<path d="M9.200 2 4.500 8.800h3.300L6.800 14l4.700-6.800H8.200z"/>`,
  failed: svg`${ring}<path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4"/>`,
  passed: svg`${ring}<path d="m5.2 8.2 2 2 3.6-4"/>`,
  joining: merge,
  merged: merge,
  skipped: svg`${ring}<path d="m3.900 12.100 8.200-8.200"/>`,
};
