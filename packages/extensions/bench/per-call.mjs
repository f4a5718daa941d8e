// What one call costs: best of several rounds, each long enough to be compiled.
export function nsPerCall(call, calls = 20_000, rounds = 9) {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) call(i);
    const ns = Number(process.hrtime.bigint() - start) / calls;
    if (round > 1) best = Math.min(best, ns);
  }
  return best;
}

export function tell(title, ns) {
  console.log(`${title.padEnd(52)} ${(ns / 1000).toFixed(2).padStart(8)} µs per call`);
}
