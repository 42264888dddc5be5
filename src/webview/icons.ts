import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { assertNever } from '../core/text/result.ts';
import type { GateState, SliceState } from '../core/run/state-model.ts';

/** State icons, drawn in the text's colour. Always beside the state in words, so hidden from screen readers. */

export function sliceIcon(state: SliceState): TemplateResult {
  return icon(sliceShape(state), `icon icon-${state.replace('_', '-')}`);
}

export function gateIcon(state: GateState): TemplateResult {
  return icon(gateShape(state), `icon icon-gate-${state}`);
}

export function copyIcon(): TemplateResult {
  return icon(svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1"/><path d="M10.5 5.5v-3h-8v8h3"/>`, 'icon');
}

function icon(shape: SVGTemplateResult, classes: string): TemplateResult {
  return html`<svg class=${classes} viewBox="0 0 16 16" aria-hidden="true" focusable="false">${shape}</svg>`;
}

const ring = svg`<circle cx="8" cy="8" r="6"/>`;
const check = svg`${ring}<path d="m5.2 8.2 2 2 3.6-4"/>`;
const cross = svg`${ring}<path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4"/>`;
const turning = svg`<path d="M13.6 6A6 6 0 1 0 14 8"/><path d="M13.9 2.6V6h-3.4"/>`;
const merge = svg`<circle cx="4.5" cy="3.5" r="1.6"/><circle cx="4.5" cy="12.5" r="1.6"/><circle cx="11.5" cy="8.5" r="1.6"/><path d="M4.5 5.1v5.8M4.6 5.4c.6 2 2.4 3.1 5.2 3.1"/>`;

function sliceShape(state: SliceState): SVGTemplateResult {
  switch (state) {
    case 'pending':
      return svg`<circle cx="8" cy="8" r="6" stroke-dasharray="2.2 2.5"/>`;
    case 'ready':
      return ring;
    case 'preparing':
    case 'running':
      return turning;
    case 'checking':
    case 'verifying':
      return svg`<path d="M6 2.5h4M6.8 2.5v4L3.4 12a1.1 1.1 0 0 0 1 1.6h7.2a1.1 1.1 0 0 0 1-1.6L9.2 6.500v-4M5 10h6"/>`;
    case 'needs_input':
      return svg`${ring}<path d="M6.2 6.400a1.8 1.8 0 1 1 2.600 1.600c-.6.3-.8.6-.8 1.200M8 11.200v.2"/>`;
    case 'stopped':
      return svg`${ring}<path d="M6.500 5.800v4.400M9.500 5.800v4.400"/>`;
    case 'interrupted':
      return svg`<path d="M9.200 2 4.500 8.800h3.300L6.800 14l4.700-6.800H8.200z"/>`;
    case 'failed':
      return cross;
    case 'verified':
      return check;
    case 'merged':
      return merge;
    case 'skipped':
      return svg`${ring}<path d="m3.900 12.100 8.200-8.200"/>`;
    default:
      return assertNever(state);
  }
}

function gateShape(state: GateState): SVGTemplateResult {
  switch (state) {
    case 'waiting':
    case 'ready':
      return merge;
    case 'running':
      return turning;
    case 'reached':
      return check;
    case 'failed':
      return cross;
    default:
      return assertNever(state);
  }
}
