/** Looks after rules now and then: schedules and restarts. Source: behaviour spec, runtime §4. */
import { errorText, type Logger } from '@kuiper/base';
import type { RuleRegistry } from './rule-registry.ts';

/** A shorter interval is not believed. */
const shortestMs = 1000;
const usualMs = 10_000;

/** @returns the way to end it */
export function startPatrol(rules: RuleRegistry, intervalMs: number, logger: Logger): () => void {
  const timer = setInterval(
    () => {
      try {
        rules.patrol();
      } catch (error) {
        logger.error(`patrol: ${errorText(error)}`);
      }
    },
    intervalMs < shortestMs ? usualMs : intervalMs,
  );
  timer.unref();
  return () => clearInterval(timer);
}
