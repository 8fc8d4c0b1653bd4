import type { Random } from "#lib/base/random.ts";
import { hex, mix, type Colour } from "./colour.ts";

/** What a drawn pet looks like. Numbers are shares from 0 to 1 unless they say otherwise. */
export interface Traits {
  readonly species: "dog" | "cat";
  /** Age in months. */
  readonly age: number;
  /** Newborn 0, full-grown 1. */
  readonly growth: number;
  /** Of the muzzle, the brows and at last the coat. */
  readonly grey: number;
  /** Lens clouding. */
  readonly cloudiness: number;
  /** Of lids, ears and head. */
  readonly droop: number;
  readonly belly: number;
  /** Winter is 1. */
  readonly season: number;
  readonly lies: boolean;
  readonly coat: Colour;
  readonly patch: Colour;
  readonly hasEyePatch: boolean;
  readonly collar: Colour;
  readonly iris: Colour;
  readonly prop: "ball" | "party hat" | "spectacles" | "scarf" | "none";
  /** Camera: a turn in degrees, an offset in hundredths of the picture, a factor of size. */
  readonly turnDegrees: number;
  readonly offset: readonly [x: number, y: number];
  readonly zoom: number;
  /** Daylight, around 1. */
  readonly brightness: number;
}

const COATS = ["#c98b4a", "#8a5a34", "#d9a45f", "#4b3a36", "#a8643a", "#6b5a53", "#e0b87a", "#5a463c"].map(hex);
const COLLARS = ["#d9463e", "#2f7fc1", "#3aa35b", "#8a4fb0", "#e8a21c"].map(hex);
const DOG_EYES = ["#4a2c17", "#5b3a1e", "#3a2415"].map(hex);
const CAT_EYES = ["#7fae3c", "#d2a12f", "#4f9fb5"].map(hex);
const GREY = hex("#d6d3d0");

/** Each trait sees the age through its own eyes: some age early, some late. */
function seen(age: number, random: Random): number {
  return Math.max(0, age * Math.exp(random.normal(0, 0.1)) + random.normal(0, 3));
}

function rise(from: number, to: number, age: number): number {
  const share = Math.min(Math.max((age - from) / (to - from), 0), 1);
  return share * share * (3 - 2 * share);
}

export function drawTraits(age: number, random: Random): Traits {
  const species = random.next() < 0.6 ? "dog" : "cat";
  const grey = rise(24, 190, seen(age, random));
  const base = choose(COATS, random);
  const coat = mix(base, GREY, 0.62 * rise(40, 192, seen(age, random)));
  return {
    species,
    age,
    growth: 1 - Math.exp(-seen(age, random) / 11),
    grey,
    cloudiness: rise(100, 185, seen(age, random)),
    droop: rise(30, 190, seen(age, random)),
    belly: rise(10, 120, seen(age, random)),
    season: Math.min(1, seen(age, random) / 170),
    lies: random.next() < 1 / (1 + Math.exp((125 - age) / 14)),
    coat,
    patch: mix(choose(COATS, random), GREY, grey * 0.6),
    hasEyePatch: random.next() < 0.35,
    collar: choose(COLLARS, random),
    iris: choose(species === "dog" ? DOG_EYES : CAT_EYES, random),
    prop: drawProp(age, random),
    turnDegrees: random.normal(0, 3),
    offset: [random.normal(0, 2.5), random.normal(0, 1.5)],
    zoom: Math.exp(random.normal(0, 0.05)),
    brightness: 1.04 - 0.1 * rise(90, 190, seen(age, random)) + random.normal(0, 0.05),
  };
}

function drawProp(age: number, random: Random): Traits["prop"] {
  const luck = random.next();
  if (age === 12) return luck < 0.8 ? "party hat" : "none";
  if (age < 30) return luck < 0.6 ? "ball" : "none";
  if (age >= 132) return luck < 0.35 ? "spectacles" : luck < 0.8 ? "scarf" : "none";
  return "none";
}

function choose<T>(items: readonly T[], random: Random): T {
  return items[random.integer(0, items.length - 1)] as T;
}
