// Loaded before a program that is measured: when it ends, what it cost goes into the file that SLICEWAVE_BENCH_COST
// names. Processor time, not time on the clock: the machine has other things to do. What it started and waited for
// counts as well, where the system tells.
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env['SLICEWAVE_BENCH_COST'];
delete process.env['SLICEWAVE_BENCH_COST'];

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  let children = 0;
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Hundredths of a second, of all children that have ended.
    children = (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    // Not a system that tells.
  }
  writeFileSync(file, JSON.stringify({ ms: (user + system) / 1000 + children, kib: process.resourceUsage().maxRSS }));
});
