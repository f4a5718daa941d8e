/** What has happened to the calls of one function since its service was loaded. */
export interface ServiceCallMetrics {
  readonly service: string;
  readonly interface: string;
  readonly function: string;
  /** Calls of rules; each ends in `succeeded` or `failed` unless its rule stops before. */
  readonly calls: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of `calls`: answered by an identical call in flight, by the cache. */
  readonly shared: number;
  readonly cached: number;
  /** Attempts that went out, and those of them that were repeated ones or ended without an answer in time. */
  readonly attempts: number;
  readonly retries: number;
  readonly timeouts: number;
  /** Of `failed`: refused because the circuit breaker was open. */
  readonly refused: number;
  /** Attempts without an answer yet. */
  readonly inFlight: number;
  /** Of attempts that were answered. */
  readonly lastLatencyMs: number;
  readonly totalLatencyMs: number;
  readonly lastError: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type CallCounters = Mutable<ServiceCallMetrics>;

export function newCounters(service: string, interfaceName: string, functionName: string): CallCounters {
  return {
    service,
    interface: interfaceName,
    function: functionName,
    calls: 0,
    succeeded: 0,
    failed: 0,
    shared: 0,
    cached: 0,
    attempts: 0,
    retries: 0,
    timeouts: 0,
    refused: 0,
    inFlight: 0,
    lastLatencyMs: 0,
    totalLatencyMs: 0,
    lastError: '',
  };
}
