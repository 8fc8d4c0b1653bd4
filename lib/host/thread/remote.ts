import { defined } from "#lib/base/assert.ts";
import { Thread, answerCalls, threadSetup } from "./thread.ts";

// An object in a thread of its own. What it computes with blocks the thread that it runs in: TensorFlow, image decoding.

// oxlint-disable-next-line typescript/no-explicit-any -- the arguments of any method
type Method = (...args: any[]) => unknown;

/** The methods of an object in another thread: promises of what they return, async iterables where they are generators. */
export type Remote<Target> = {
  readonly [Name in keyof Target as Target[Name] extends Method ? Name : never]: Target[Name] extends Method
    ? RemoteMethod<Target[Name]>
    : never;
} & AsyncDisposable;

type RemoteMethod<M extends Method> =
  ReturnType<M> extends Iterator<infer Item>
    ? (...args: Parameters<M>) => AsyncIterable<Item>
    : (...args: Parameters<M>) => Promise<Awaited<ReturnType<M>>>;

/** `iterate` calls a generator method and answers with its first result; `next` and `end` go on with it. */
type Request = Call | { readonly kind: "next" | "end"; readonly iterator: number };
interface Call {
  readonly kind: "call" | "iterate";
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Step {
  readonly iterator: number;
  readonly result: IteratorResult<unknown, unknown>;
}

/**
 * Within a thread's entry: makes an object from what `remote` was given, and answers calls of its methods. What `create`
 * throws, each call throws.
 */
export function expose<Setup, Target extends object>(create: (setup: Setup) => Target | Promise<Target>): void {
  const target = Promise.resolve().then(() => create(threadSetup<Setup>()));
  target.catch(() => {}); // told by the first call
  const iterators = new Map<number, Iterator<unknown>>();
  const step = (iterator: number, ending = false): Step => {
    const running = defined(iterators.get(iterator), `iterator ${iterator}`);
    const result = ending ? (running.return?.() ?? { done: true, value: undefined }) : running.next();
    if (result.done) iterators.delete(iterator);
    return { iterator, result };
  };
  let count = 0;
  answerCalls(async (request: Request): Promise<unknown> => {
    if ("iterator" in request) return step(request.iterator, request.kind === "end");
    const { kind, method, args } = request;
    const object = (await target) as Record<string, Method>;
    const made = defined(object[method], `method ${method}`).apply(object, [...args]);
    if (kind === "call") return await made;
    iterators.set(++count, made as Iterator<unknown>);
    return step(count);
  });
}

/**
 * Starts a thread and stands for the object that its entry exposes. Arguments and results are structured clones;
 * SharedArrayBuffers are shared. A call rejects with the error of the method, or with PROCESS_FAILED where the thread was
 * lost. An iteration is one step ahead of its reader; leaving it ends the generator.
 * @param iterated names of the methods that are generators.
 */
export function remote<Target extends object>(
  name: string,
  entry: URL,
  { setup = {}, iterated = [] }: { readonly setup?: unknown; readonly iterated?: readonly (keyof Target)[] } = {},
): Remote<Target> {
  const thread = new Thread<Request, unknown>(name, entry, setup);
  const proxy = new Proxy(
    {},
    {
      get(_, method) {
        if (method === Symbol.asyncDispose) return () => thread[Symbol.asyncDispose]();
        if (typeof method === "symbol" || method === "then") return undefined; // it is no promise
        if (iterated.includes(method as keyof Target)) {
          return (...args: unknown[]) => iterate(thread, { kind: "iterate", method, args });
        }
        return (...args: unknown[]) => thread.call({ kind: "call", method, args });
      },
    },
  );
  return proxy as Remote<Target>;
}

async function* iterate(thread: Thread<Request, unknown>, request: Request): AsyncGenerator<unknown, void, undefined> {
  const step = async (next: Request): Promise<Step> => (await thread.call(next)) as Step;
  const { iterator, result: first } = await step(request);
  let result = first;
  try {
    while (!result.done) {
      const next = step({ kind: "next", iterator });
      next.catch(() => {}); // awaited below, unless the reader leaves
      yield result.value;
      ({ result } = await next);
    }
  } finally {
    if (!result.done) await thread.call({ kind: "end", iterator }).catch(() => {}); // the thread may be lost
  }
}
