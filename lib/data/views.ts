import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Size } from "./geometry.ts";
import type { Operation } from "./raster.ts";
import type { Image } from "./types.ts";

// Several views of one photo, as self-supervised training compares them. They lie in one array, one after the other.

/** The operation that makes several views of an image, each as planned for it. */
export function inViews(plans: readonly (readonly Operation[])[]): Operation {
  return { kind: "views", plans };
}

/** The size that all views have. CONFIG_INVALID_VALUE where they differ. */
export function oneSize(sizes: readonly Size[]): Size {
  const first = defined(sizes[0], "a view");
  const other = sizes.find(({ height, width }) => height !== first.height || width !== first.width);
  if (!other) return first;
  const [one, two] = [first, other].map(({ height, width }) => `${width} x ${height}`);
  throw new PetageError("CONFIG_INVALID_VALUE", `The views of an image differ in size: ${one}, ${two}`, {
    hint: "End the transforms of each view in the same fixed size",
  });
}

/** The views of an image, each by itself, on the same memory. */
export function viewsOf({ views = 1, ...view }: Image): Image[] {
  const length = view.data.length / views;
  return Array.from({ length: views }, (_, at) => ({
    ...view,
    data: view.data.subarray(at * length, (at + 1) * length),
  }));
}

/** Images of equal size, which may have several views themselves, as one. */
export function stackViews(images: readonly Image[]): Image {
  const { channels } = defined(images[0], "a view");
  const { height, width } = oneSize(images);
  const data = new Uint8Array(images.reduce((sum, image) => sum + image.data.length, 0));
  images.reduce((at, image) => (data.set(image.data, at), at + image.data.length), 0);
  const views = data.length / (height * width * channels);
  return { data, height, width, channels, ...(views > 1 && { views }) };
}
