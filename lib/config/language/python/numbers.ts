/** Exact rational arithmetic between doubles and integers, for Python's correctly rounded `/`, `**` and `round`. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint; // > 0
}

const SIGNIFICANT_BITS = 66;

/** A finite double as the exact ratio that it is. */
export function toRatio(value: number): Ratio {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = Math.max(biased, 1) - 1075;
  const signed = value < 0 ? -mantissa : mantissa;
  if (exponent >= 0) return { numerator: signed << BigInt(exponent), denominator: 1n };
  return { numerator: signed, denominator: 1n << BigInt(-exponent) };
}

/** The double nearest to a ratio, ties to even. */
export function fromRatio({ numerator, denominator }: Ratio): number {
  if (numerator < 0n) return -fromRatio({ numerator: -numerator, denominator });
  if (numerator === 0n) return 0;
  const shift = Math.max(0, SIGNIFICANT_BITS - (bitLength(numerator) - bitLength(denominator)));
  const scaled = numerator << BigInt(shift);
  const quotient = scaled / denominator;
  const sticky = quotient * denominator === scaled ? 0n : 1n; // Keeps a remainder from looking like a tie.
  // In two halves, because 2 ** -shift alone may underflow.
  const half = Math.floor(shift / 2);
  return Number((quotient << 1n) | sticky) * 2 ** -(half + 1) * 2 ** -(shift - half);
}

export function bitLength(value: bigint): number {
  const hex = (value < 0n ? -value : value).toString(16);
  return 4 * (hex.length - 1) + Number.parseInt(hex.charAt(0), 16).toString(2).length;
}

/** The integer nearest to a ratio, ties to even. */
export function roundRatio({ numerator, denominator }: Ratio): bigint {
  const floor = floorDivide(numerator, denominator);
  const twice = 2n * (numerator - floor * denominator);
  if (twice === denominator) return floor % 2n === 0n ? floor : floor + 1n;
  return twice > denominator ? floor + 1n : floor;
}

/** value * 10 ** digits, rounded half to even. */
export function roundScaled(value: number | bigint, digits: number): bigint {
  const { numerator, denominator } = typeof value === "bigint" ? { numerator: value, denominator: 1n } : toRatio(value);
  if (digits >= 0) return roundRatio({ numerator: numerator * 10n ** BigInt(digits), denominator });
  return roundRatio({ numerator, denominator: denominator * 10n ** BigInt(-digits) });
}

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** Python's `//` and `%` on floats: the remainder has the sign of the divisor. */
export function floatDivmod(a: number, b: number): [quotient: number, remainder: number] {
  let remainder = a % b;
  let quotient = (a - remainder) / b;
  if (remainder !== 0 && b < 0 !== remainder < 0) {
    remainder += b;
    quotient -= 1;
  }
  const floor = Math.floor(quotient);
  return [quotient - floor > 0.5 ? floor + 1 : floor, remainder === 0 ? zeroSignedAs(b) : remainder];
}

function zeroSignedAs(value: number): number {
  return value < 0 ? -0 : 0;
}

const EXACT_POWER_LIMIT = 64;

/** base ** exponent, correctly rounded for small whole exponents (`1e-1 ** 3`), where Math.pow may miss by a digit. */
export function power(base: number, exponent: number): number {
  const times = Math.abs(exponent);
  if (!Number.isInteger(exponent) || times > EXACT_POWER_LIMIT || !Number.isFinite(base) || base === 0)
    return base ** exponent;
  const { numerator, denominator } = toRatio(base);
  const up = { numerator: numerator ** BigInt(times), denominator: denominator ** BigInt(times) };
  if (exponent >= 0) return fromRatio(up);
  const sign = up.numerator < 0n ? -1n : 1n;
  return fromRatio({ numerator: sign * up.denominator, denominator: sign * up.numerator });
}

/** Python's repr of a float: shortest digits, exponent form below 1e-4 and from 1e16 on, always with a point or exponent. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [digits = "", tens = "0"] = value.toExponential().split("e");
  const exponent = Number(tens);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const plain = exponent < 0 ? smallDecimal(digits, exponent) : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/** 1.5e-3 as 0.0015. */
function smallDecimal(digits: string, exponent: number): string {
  const sign = digits.startsWith("-") ? "-" : "";
  return `${sign}0.${"0".repeat(-exponent - 1)}${digits.replace(/[-.]/g, "")}`;
}
