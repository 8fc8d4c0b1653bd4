import type { CallContext } from "#lib/rpc/calls.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { implement, type ServedService } from "#lib/rpc/server.ts";
import { PetageError } from "#lib/base/errors.ts";

/** What every RPC does unless a test says otherwise. */
export function unimplemented(): never {
  throw new PetageError("FAILED_PRECONDITION", "not part of this test");
}

/** An evaluator of which a test gives what it needs: it has a unary RPC and a stream. */
export function evaluator(part: Partial<Implementation<"EvaluatorService">>): ServedService {
  return implement("EvaluatorService", { evaluate: unimplemented, getStatus: unimplemented, ...part });
}

/** An inference service of which a test gives what it needs: it has a stream in both directions. */
export function inference(part: Partial<Implementation<"InferenceService">>): ServedService {
  const rest = { predict: unimplemented, predictStream: unimplemented, getModel: unimplemented };
  return implement("InferenceService", { ...rest, ...part });
}

/** A promise and its resolver. */
export function gate<T = void>(): { readonly promise: Promise<T>; readonly open: (value: T) => void } {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => (open = resolve));
  return { promise, open };
}

/** Resolves once the handler's caller is gone. */
export function cancelled(context: CallContext): Promise<unknown> {
  return new Promise((resolve) => context.signal.addEventListener("abort", () => resolve(context.signal.reason)));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
