const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity of Kubernetes as a number: "500m" is 0.5, "2Gi" 2147483648. NaN for what is none. */
export function parseQuantity(quantity: string | number): number {
  if (typeof quantity === "number") return quantity;
  const { number = "", suffix = "" } =
    /^(?<number>[-+]?[\d.]+(?:[eE][-+]?\d+)?)(?<suffix>[a-zA-Z]*)$/.exec(quantity)?.groups ?? {};
  return number === "" ? Number.NaN : Number(number) * (SUFFIXES[suffix] ?? Number.NaN);
}
