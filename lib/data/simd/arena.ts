import { KERNELS } from "./gen/kernels.ts";

/** What `assembly/kernels.ts` exports: addresses are bytes in its memory. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  resizeLinear(...at: ResizeArguments): void;
  resizeCubic(...at: ResizeArguments): void;
  filterColumns(...at: Six): void;
  filterRows(...at: Six): void;
  walk(...at: Six): void;
  warpCubic(...at: Six): void;
}

type Six = [number, number, number, number, number, number];
type ResizeArguments = [...Six, number, number];

const PAGE_BYTES = 2 ** 16;
/** Each block begins at a multiple of it, and as much is free behind each: kernels read and write up to so far beyond. */
const ALIGNMENT_BYTES = 16;
/** Memory of WebAssembly never shrinks: a thread that had a larger image than these gets new memory. */
const MAX_KEPT_BYTES = 64 * 2 ** 20;

const compiled = compileKernels();

/** `undefined` where the machine has no vector instructions that WebAssembly could use. */
function compileKernels(): WebAssembly.Module | undefined {
  const bytes = Buffer.from(KERNELS, "base64");
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}

/** BGR pixels in an arena: the address of the first one, and bytes from one row to the next. */
export interface PlacedPixels {
  readonly address: number;
  readonly stride: number;
}

/** There is no more memory: WebAssembly has 4 GiB at most, and a machine may have less. */
class ArenaFull extends Error {}

/** The memory that kernels work in; blocks live until `reset`. */
export class Arena {
  readonly kernels: Kernels;
  #used = 0;

  constructor(module: WebAssembly.Module) {
    this.kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
    this.reset();
  }

  get byteLength(): number {
    return this.kernels.memory.buffer.byteLength;
  }

  /** Gives all blocks up. */
  reset(): void {
    this.#used = ALIGNMENT_BYTES;
  }

  /** The address of a new block. Views of the memory made before are no longer of use. */
  allocate(bytes: number): number {
    const address = this.#used;
    this.#used = (Math.ceil((address + bytes) / ALIGNMENT_BYTES) + 1) * ALIGNMENT_BYTES;
    const missing = this.#used - this.byteLength;
    if (missing > 0) this.#grow(missing);
    return address;
  }

  #grow(missingBytes: number): void {
    try {
      this.kernels.memory.grow(Math.ceil(missingBytes / PAGE_BYTES));
    } catch (cause) {
      throw new ArenaFull(`no memory for ${missingBytes} bytes more`, { cause });
    }
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.kernels.memory.buffer, address, length);
  }
}

let shared: Arena | undefined;

/**
 * Runs `body`, which does not wait for anything, with this thread's arena, whose blocks are given up then; `undefined`
 * where there are no kernels, or not so much memory.
 */
export function withArena<T>(body: (arena: Arena) => T): T | undefined {
  if (!compiled) return undefined;
  shared ??= new Arena(compiled);
  try {
    return body(shared);
  } catch (error) {
    if (error instanceof ArenaFull) return undefined;
    throw error;
  } finally {
    if (shared.byteLength > MAX_KEPT_BYTES) shared = undefined;
    else shared.reset();
  }
}
