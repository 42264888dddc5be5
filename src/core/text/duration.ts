/** `8s`, `12m`, `2h05m`. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds}s` : minutes(Math.floor(seconds / 60));
}

/** `45m`, `3h10m`. */
export function minutes(count: number): string {
  const whole = Math.round(count);
  return whole < 60 ? `${whole}m` : `${Math.floor(whole / 60)}h${String(whole % 60).padStart(2, '0')}m`;
}
