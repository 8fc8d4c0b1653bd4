/** What holds a part of a pool. */
export interface Holder {
  /** Whose share it counts to: a connection. */
  readonly owner: string;
  /** Since when it has waited for its client and nothing else; undefined while the server is at work for it. */
  readonly quietSinceMs: number | undefined;
  /** Ends it, because others need its room. */
  giveWay(): void;
}

/**
 * A bounded amount of something, such as calls or bytes, that connections share. When it is full, who waits for its
 * client gives way to a newcomer whose connection has less, the largest share first: so whatever some connections leave
 * lying around, there is room for others.
 */
export class FairPool<H extends Holder> {
  readonly #limit: number;
  readonly #held = new Map<H, number>();
  readonly #shares = new Map<string, number>();
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get total(): number {
    return this.#total;
  }

  /** What all holders of an owner have together. */
  shareOf(owner: string): number {
    return this.#shares.get(owner) ?? 0;
  }

  /** Whether an owner has more than it would if all that have any had the same. */
  isGreedy(owner: string): boolean {
    return this.shareOf(owner) * this.#shares.size > this.#limit;
  }

  /** Gives the holder so much more, if there is room or others can give way. Returns whether it has it. */
  take(holder: H, amount = 1): boolean {
    while (this.#total + amount > this.#limit) {
      const victim = this.#victim(this.shareOf(holder.owner) + amount);
      if (!victim) return false;
      this.give(victim);
      victim.giveWay();
    }
    this.#add(holder, amount);
    return true;
  }

  /** Takes so much back, or all that it has. */
  give(holder: H, amount = Infinity): void {
    const held = this.#held.get(holder);
    if (held !== undefined) this.#add(holder, -Math.min(amount, held));
  }

  #add(holder: H, amount: number): void {
    this.#total += amount;
    set(this.#held, holder, (this.#held.get(holder) ?? 0) + amount);
    set(this.#shares, holder.owner, this.shareOf(holder.owner) + amount);
  }

  /** Of those that wait, whose owner has at least so much, the one of the largest owner that has waited longest. */
  #victim(share: number): H | undefined {
    let victim: H | undefined;
    const rank = (holder: H): readonly [number, number] => [this.shareOf(holder.owner), -(holder.quietSinceMs ?? 0)];
    for (const holder of this.#held.keys()) {
      if (holder.quietSinceMs === undefined || this.shareOf(holder.owner) < share) continue;
      if (!victim || isAbove(rank(holder), rank(victim))) victim = holder;
    }
    return victim;
  }
}

function set<K>(map: Map<K, number>, key: K, value: number): void {
  if (value > 0) map.set(key, value);
  else map.delete(key);
}

function isAbove([a, b]: readonly [number, number], [c, d]: readonly [number, number]): boolean {
  return a === c ? b > d : a > c;
}
