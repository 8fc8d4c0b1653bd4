/** Formats that petage decodes. SVG is left out on purpose: drawing untrusted XML is not decoding a photo. */
export const IMAGE_FORMATS = ["jpeg", "png", "webp", "gif", "tiff", "avif", "bmp", "netpbm"] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** How files of those formats end. */
export const IMAGE_EXTENSIONS: readonly string[] =
  ".jpg .jpeg .jpe .jfif .png .webp .gif .tif .tiff .avif .bmp .dib .pbm .pgm .ppm .pnm".split(" ");
/** How photos end that petage does not read: those of telephones, and what cameras make. */
export const UNREADABLE_EXTENSIONS: readonly string[] =
  ".heic .heif .hif .jxl .jp2 .dng .cr2 .cr3 .nef .arw .raf .orf .rw2".split(" ");
/** Those that a dataset of folders takes unless its config names others: mmpretrain's. */
export const DEFAULT_EXTENSIONS = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif"];

const SIGNATURES: readonly { readonly name: string; readonly at: number; readonly bytes: string }[] = [
  { name: "jpeg", at: 0, bytes: "\xff\xd8\xff" },
  { name: "png", at: 0, bytes: "\x89PNG\r\n\x1a\n" },
  { name: "webp", at: 8, bytes: "WEBP" },
  { name: "gif", at: 0, bytes: "GIF8" },
  { name: "tiff", at: 0, bytes: "II*\0" },
  { name: "tiff", at: 0, bytes: "MM\0*" },
  { name: "avif", at: 4, bytes: "ftypavif" },
  { name: "avif", at: 4, bytes: "ftypavis" },
  { name: "heic", at: 4, bytes: "ftyphei" },
  { name: "heic", at: 4, bytes: "ftypmif1" },
  { name: "bmp", at: 0, bytes: "BM" },
  { name: "pdf", at: 0, bytes: "%PDF" },
  { name: "svg", at: 0, bytes: "<svg" },
  { name: "xml or svg", at: 0, bytes: "<?xml" },
  { name: "html", at: 0, bytes: "<!DOCTYPE" },
  { name: "html", at: 0, bytes: "<html" },
  { name: "zip", at: 0, bytes: "PK\x03\x04" },
  { name: "gzip", at: 0, bytes: "\x1f\x8b" },
  { name: "jpeg xl", at: 0, bytes: "\xff\x0a" },
  { name: "jpeg xl", at: 4, bytes: "JXL " },
  { name: "jpeg 2000", at: 4, bytes: "jP  " },
  { name: "big tiff", at: 0, bytes: "II+\0" },
  { name: "big tiff", at: 0, bytes: "MM\0+" },
  { name: "photoshop", at: 0, bytes: "8BPS" },
  { name: "radiance", at: 0, bytes: "#?RADIANCE" },
  { name: "pam", at: 0, bytes: "P7\n" },
  { name: "pfm", at: 0, bytes: "PF\n" },
  ...[..."123456"].flatMap((kind) =>
    [..." \t\r\n"].map((blank) => ({ name: "netpbm", at: 0, bytes: `P${kind}${blank}` })),
  ),
];

/** The name of the format by its first bytes, whether we read it or not; `undefined` if they tell nothing. */
export function sniffFormat(bytes: Uint8Array): string | undefined {
  return SIGNATURES.find(({ at, bytes: signature }) => matches(bytes, at, signature))?.name;
}

export function isImageFormat(name: string | undefined): name is ImageFormat {
  return IMAGE_FORMATS.some((format) => format === name);
}

/** What to do with a file of another format. @param name as `sniffFormat` gives it */
export function formatHint(name: string | undefined): string {
  const readable = `Readable formats are ${IMAGE_FORMATS.join(", ")}`;
  if (name === "heic")
    return `Convert it to JPEG, as telephones do when they are set to "most compatible". ${readable}`;
  return name === undefined ? readable : `Convert it to JPEG or PNG. ${readable}`;
}

function matches(bytes: Uint8Array, at: number, signature: string): boolean {
  if (bytes.length < at + signature.length) return false;
  for (let index = 0; index < signature.length; index++) {
    if (bytes[at + index] !== signature.charCodeAt(index)) return false;
  }
  return true;
}
