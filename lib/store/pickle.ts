import { PetageError } from "#lib/base/errors.ts";

/**
 * A reader of Python pickles that runs nothing: globals are only names, calls only remember what was called with what.
 * Opcodes as in CPython's pickletools: protocols 2 to 5, and what Python 2 wrote.
 */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickledList
  | PickledDict
  | PickledGlobal
  | PickledCall
  | PickledReference;

/** A list, tuple or set. */
export interface PickledList {
  readonly kind: "list";
  readonly items: Pickled[];
}

export interface PickledDict {
  readonly kind: "dict";
  readonly entries: Map<Pickled, Pickled>;
}

/** `module.name`, not looked up. */
export interface PickledGlobal {
  readonly kind: "global";
  readonly name: string;
}

/** A call that was not made, and the state that would have been given to its result. */
export interface PickledCall {
  readonly kind: "call";
  readonly callee: Pickled;
  readonly arguments: Pickled;
  /** What a dict-like result was filled with. */
  readonly entries: Map<Pickled, Pickled>;
  state?: Pickled;
}

/** Something kept outside the pickle: a tensor's storage. */
export interface PickledReference {
  readonly kind: "reference";
  readonly id: Pickled;
}

/** A pickle longer than this is none of a model's. */
const MAX_OPERATIONS = 50_000_000;
/** Larger integers are in no model's pickle, and reading one takes time by the square of its length. */
const MAX_INTEGER_BYTES = 64;

const MARK = Symbol("mark");
type Slot = Pickled | typeof MARK;

/** Reads one pickle; `end` is where the bytes after it begin. Throws CHECKPOINT_INVALID naming `source`. */
export function readPickle(bytes: Uint8Array, start: number, source: string): { value: Pickled; end: number } {
  const machine = new Machine(bytes, start, source);
  return { value: machine.run(), end: machine.position };
}

class Machine {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: string;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Slot>();

  constructor(bytes: Uint8Array, start: number, source: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
    this.position = start;
  }

  run(): Pickled {
    for (let count = 0; count < MAX_OPERATIONS; count++) {
      const code = this.#byte();
      if (code === 0x2e) return this.#pop(); // STOP
      this.#execute(code);
    }
    throw this.#invalid("it does not end");
  }

  #execute(code: number): void {
    const operation = OPERATIONS[code];
    if (!operation)
      throw this.#invalid(`opcode 0x${code.toString(16)} at ${this.position - 1} is not one of a model's`);
    operation(this.#hands);
  }

  /** What operations may do. */
  readonly #hands: Hands = {
    byte: () => this.#byte(),
    integer: (length) => {
      if (length > MAX_INTEGER_BYTES) throw this.#invalid(`an integer has ${length} bytes`);
      return long(this.#take(length, (at) => this.#bytes.subarray(at, at + length)));
    },
    uint16: () => this.#take(2, (at) => this.#view.getUint16(at, true)),
    int32: () => this.#take(4, (at) => this.#view.getInt32(at, true)),
    uint32: () => this.#take(4, (at) => this.#view.getUint32(at, true)),
    uint64: () => Number(this.#take(8, (at) => this.#view.getBigUint64(at, true))),
    float64: () => this.#take(8, (at) => this.#view.getFloat64(at, false)),
    bytes: (length) => this.#take(length, (at) => this.#bytes.subarray(at, at + length)),
    line: () => this.#line(),
    push: (value) => void this.#stack.push(value),
    mark: () => void this.#stack.push(MARK),
    pop: () => this.#pop(),
    popToMark: () => this.#popToMark(),
    peek: () => this.#value(this.#stack.at(-1)),
    remember: (index) => void this.#memo.set(index, this.#stack.at(-1) ?? null),
    recall: (index) => this.#value(this.#memo.get(index)),
    memoSize: () => this.#memo.size,
  };

  #take<T>(length: number, read: (at: number) => T): T {
    if (this.position + length > this.#bytes.length) throw this.#invalid("it ends too early");
    const at = this.position;
    this.position += length;
    return read(at);
  }

  #byte(): number {
    return this.#take(1, (at) => this.#view.getUint8(at));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.#invalid("it ends in a name");
    const line = text(this.#bytes.subarray(this.position, end));
    this.position = end + 1;
    return line;
  }

  #pop(): Pickled {
    return this.#value(this.#stack.pop());
  }

  #popToMark(): Pickled[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw this.#invalid("a mark is missing");
    const values = this.#stack.splice(at + 1).map((slot) => this.#value(slot));
    this.#stack.pop();
    return values;
  }

  #value(slot: Slot | undefined): Pickled {
    if (slot === undefined || slot === MARK) throw this.#invalid("a value is missing");
    return slot;
  }

  #invalid(what: string): PetageError {
    return new PetageError("CHECKPOINT_INVALID", `${this.#source} cannot be read as a pickle: ${what}`);
  }
}

interface Hands {
  byte(): number;
  /** Of so many bytes. */
  integer(length: number): number | bigint;
  uint16(): number;
  int32(): number;
  uint32(): number;
  uint64(): number;
  float64(): number;
  bytes(length: number): Uint8Array;
  line(): string;
  push(value: Pickled): void;
  mark(): void;
  pop(): Pickled;
  popToMark(): Pickled[];
  peek(): Pickled;
  remember(index: number): void;
  recall(index: number): Pickled;
  memoSize(): number;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** `I` and `L` of Python 2: a decimal number, or 00 and 01 for a bool. */
function decimal(line: string): Pickled {
  if (line === "00" || line === "01") return line === "01";
  const digits = line.replace(/L$/, "");
  if (!/^[-+]?\d{1,40}$/.test(digits)) return null;
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
}

function list(items: Pickled[]): PickledList {
  return { kind: "list", items };
}

function dict(): PickledDict {
  return { kind: "dict", entries: new Map() };
}

/** Little-endian two's complement of any length. */
function long(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  if (bytes.length > 0 && (bytes.at(-1) ?? 0) >= 0x80) value -= 1n << BigInt(8 * bytes.length);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function call(callee: Pickled, argumentList: Pickled): PickledCall {
  return { kind: "call", callee, arguments: argumentList, entries: new Map() };
}

function setItems(target: Pickled, pairs: readonly Pickled[]): void {
  if (!hasEntries(target)) return;
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    target.entries.set(pairs[index] ?? null, pairs[index + 1] ?? null);
  }
}

/** A name or number as text; empty for anything else. */
export function textOf(value: Pickled | undefined): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : "";
}

/** Whether a value is a dict, or a call whose result may be filled like one (OrderedDict). */
function hasEntries(value: Pickled | undefined): value is PickledDict | PickledCall {
  return (
    typeof value === "object" && value !== null && "kind" in value && (value.kind === "dict" || value.kind === "call")
  );
}

/** The items of a list, tuple or set. */
export function itemsOf(value: Pickled | undefined): Pickled[] | undefined {
  return typeof value === "object" && value !== null && "items" in value ? value.items : undefined;
}

/** The entries of a dict, or of a call that makes one (OrderedDict). */
export function entriesOf(value: Pickled | undefined): ReadonlyMap<Pickled, Pickled> | undefined {
  return hasEntries(value) ? value.entries : undefined;
}

/** `module.name` of a global, also where it was saved outside with its source (`('module', class, file, text)`); else empty. */
export function nameOf(value: Pickled | undefined): string {
  if (typeof value !== "object" || value === null) return "";
  return "id" in value && itemsOf(value.id)?.[0] === "module" ? globalName(itemsOf(value.id)?.[1]) : globalName(value);
}

function globalName(value: Pickled | undefined): string {
  return typeof value === "object" && value !== null && "name" in value ? value.name : "";
}

/** What a value is made of. */
export function* childrenOf(value: Pickled): Iterable<Pickled> {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  switch (value.kind) {
    case "list":
      yield* value.items;
      break;
    case "dict":
      yield* value.entries.values();
      break;
    case "call":
      yield value.arguments;
      yield* value.entries.values();
      if (value.state !== undefined) yield value.state;
      break;
    case "global":
    case "reference":
  }
}

function append(target: Pickled, items: readonly Pickled[]): void {
  if (typeof target !== "object" || target === null || !("items" in target)) return;
  for (const item of items) target.items.push(item); // as arguments, too many would not fit on the stack
}

/** Each opcode: its name in pickletools, and what it does. */
const OPERATIONS: Readonly<Record<number, (hands: Hands) => void>> = {
  0x80: (h) => void h.byte(), // PROTO
  0x95: (h) => void h.uint64(), // FRAME
  0x28: (h) => h.mark(), // MARK
  0x30: (h) => void h.pop(), // POP
  0x4e: (h) => h.push(null), // NONE
  0x88: (h) => h.push(true), // NEWTRUE
  0x89: (h) => h.push(false), // NEWFALSE
  0x49: (h) => h.push(decimal(h.line())), // INT
  0x4c: (h) => h.push(decimal(h.line())), // LONG
  0x4a: (h) => h.push(h.int32()), // BININT
  0x4b: (h) => h.push(h.byte()), // BININT1
  0x4d: (h) => h.push(h.uint16()), // BININT2
  0x8a: (h) => h.push(h.integer(h.byte())), // LONG1
  0x8b: (h) => h.push(h.integer(h.uint32())), // LONG4
  0x47: (h) => h.push(h.float64()), // BINFLOAT
  0x58: (h) => h.push(text(h.bytes(h.uint32()))), // BINUNICODE
  0x8c: (h) => h.push(text(h.bytes(h.byte()))), // SHORT_BINUNICODE
  0x8d: (h) => h.push(text(h.bytes(h.uint64()))), // BINUNICODE8
  0x55: (h) => h.push(text(h.bytes(h.byte()))), // SHORT_BINSTRING
  0x54: (h) => h.push(text(h.bytes(h.uint32()))), // BINSTRING
  0x43: (h) => h.push(h.bytes(h.byte())), // SHORT_BINBYTES
  0x42: (h) => h.push(h.bytes(h.uint32())), // BINBYTES
  0x8e: (h) => h.push(h.bytes(h.uint64())), // BINBYTES8
  0x96: (h) => h.push(h.bytes(h.uint64())), // BYTEARRAY8
  0x98: () => {}, // READONLY_BUFFER
  0x5d: (h) => h.push(list([])), // EMPTY_LIST
  0x29: (h) => h.push(list([])), // EMPTY_TUPLE
  0x8f: (h) => h.push(list([])), // EMPTY_SET
  0x7d: (h) => h.push(dict()), // EMPTY_DICT
  0x74: (h) => h.push(list(h.popToMark())), // TUPLE
  0x6c: (h) => h.push(list(h.popToMark())), // LIST
  0x91: (h) => h.push(list(h.popToMark())), // FROZENSET
  0x64: (h) => ((pairs) => (h.push(dict()), setItems(h.peek(), pairs)))(h.popToMark()), // DICT
  0x31: (h) => void h.popToMark(), // POP_MARK
  0x32: (h) => h.push(h.peek()), // DUP
  0x85: (h) => h.push(list([h.pop()])), // TUPLE1
  0x86: (h) => h.push(list([h.pop(), h.pop()].toReversed())), // TUPLE2
  0x87: (h) => h.push(list([h.pop(), h.pop(), h.pop()].toReversed())), // TUPLE3
  0x61: (h) => ((item) => append(h.peek(), [item]))(h.pop()), // APPEND
  0x65: (h) => ((items) => append(h.peek(), items))(h.popToMark()), // APPENDS
  0x90: (h) => ((items) => append(h.peek(), items))(h.popToMark()), // ADDITEMS
  0x73: (h) => ((value, key) => setItems(h.peek(), [key, value]))(h.pop(), h.pop()), // SETITEM
  0x75: (h) => ((pairs) => setItems(h.peek(), pairs))(h.popToMark()), // SETITEMS
  0x63: (h) => h.push({ kind: "global", name: `${h.line()}.${h.line()}` }), // GLOBAL
  0x93: (h) =>
    ((name, module) => h.push({ kind: "global", name: `${textOf(module)}.${textOf(name)}` }))(h.pop(), h.pop()),
  0x52: (h) => ((args, callee) => h.push(call(callee, args)))(h.pop(), h.pop()), // REDUCE
  0x81: (h) => ((args, callee) => h.push(call(callee, args)))(h.pop(), h.pop()), // NEWOBJ
  0x92: (h) => ((_names, args, callee) => h.push(call(callee, args)))(h.pop(), h.pop(), h.pop()), // NEWOBJ_EX
  0x62: (h) => ((state) => build(h.peek(), state))(h.pop()), // BUILD
  0x51: (h) => h.push({ kind: "reference", id: h.pop() }), // BINPERSID
  0x71: (h) => h.remember(h.byte()), // BINPUT
  0x72: (h) => h.remember(h.uint32()), // LONG_BINPUT
  0x94: (h) => h.remember(h.memoSize()), // MEMOIZE
  0x68: (h) => h.push(h.recall(h.byte())), // BINGET
  0x6a: (h) => h.push(h.recall(h.uint32())), // LONG_BINGET
};

function build(target: Pickled, state: Pickled): void {
  if (typeof target === "object" && target !== null && "callee" in target) target.state = state;
}
