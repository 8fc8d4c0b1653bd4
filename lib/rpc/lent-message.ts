import type { MethodDefinition } from "@grpc/grpc-js";

// A message that is written takes its bytes along; until then they belong to somebody. A stream may hold a few that are
// not written yet, so that only the one who writes knows when their owner may have them back.

/** A message whose bytes belong to `owner`, which is disposed of once they are written. */
export function lentMessage<Message extends object>(message: Message, owner: Disposable): Message & Disposable {
  return { ...message, [Symbol.dispose]: () => owner[Symbol.dispose]() };
}

/** The method, which gives back what it was lent. */
export function returning(method: MethodDefinition<unknown, unknown>): MethodDefinition<unknown, unknown> {
  const write = (message: unknown): Buffer => {
    try {
      return method.responseSerialize(message);
    } finally {
      (message as Partial<Disposable>)[Symbol.dispose]?.();
    }
  };
  return { ...method, responseSerialize: write };
}
