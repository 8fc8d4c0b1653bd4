/** What a file is that holds no weights, and what helps. */
export interface ForeignFile {
  readonly what: string;
  readonly hint: string;
}

/** Text that a file begins with is looked for in so many bytes. */
const HEAD_BYTES = 512;
const AGAIN = "The download failed or is not complete: download it again";
const UNPACK = "Unpack it and give the file of weights in it";

interface Kind extends ForeignFile {
  is(head: string, bytes: Uint8Array): boolean;
}

const startsWith =
  (...beginnings: readonly string[]) =>
  (head: string): boolean =>
    beginnings.some((beginning) => head.startsWith(beginning));

/** The first that fits says what a file is. Heads are read as Latin-1, a character for each byte. */
const KINDS: readonly Kind[] = [
  { what: "empty", hint: AGAIN, is: (head) => head === "" },
  {
    what: "a Git LFS pointer, not the file that it stands for",
    hint: "Fetch it with: git lfs pull",
    is: startsWith("version https://git-lfs.github.com/"),
  },
  {
    what: "a web page, not a checkpoint",
    hint: "The download failed: open the address in a browser, and take the link of the file itself",
    is: (head) => /^(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml|!--)/i.test(head),
  },
  {
    what: "written by PyTorch before 0.2",
    hint: "Load it in PyTorch and save it again with torch.save",
    is: (head, bytes) => isTar(bytes) && /^(\.\/)?(sys_info|pickle|tensors|storages)\0/.test(head),
  },
  { what: "a tar archive", hint: UNPACK, is: (_, bytes) => isTar(bytes) },
  {
    what: "a compressed file, not a checkpoint",
    hint: UNPACK,
    is: startsWith("\x1f\x8b", "BZh", "\xfd7zXZ", "(\xb5/\xfd", "7z\xbc\xaf", "Rar!"),
  },
  {
    what: "an HDF5 file, as of Keras",
    hint: "Take the weights that PyTorch or safetensors saved",
    is: startsWith("\x89HDF"),
  },
  { what: "a GGUF file", hint: "Take the weights that PyTorch or safetensors saved", is: startsWith("GGUF") },
  { what: "a NumPy array", hint: "Take the weights that PyTorch or safetensors saved", is: startsWith("\x93NUMPY") },
  {
    what: "an image, not a checkpoint",
    hint: "Give the file of weights",
    is: startsWith("\x89PNG", "\xff\xd8\xff", "GIF8", "RIFF"),
  },
  { what: "a file of zeros", hint: AGAIN, is: (head) => /^\0+$/.test(head) },
  {
    what: "a list of weights in several files, not the weights",
    hint: "Join them in PyTorch, and save them as one file",
    is: (head) => head.startsWith("{") && head.includes('"weight_map"'),
  },
  {
    what: "a text, not a checkpoint",
    hint: AGAIN,
    is: (head) => /^[\t\n\r\x20-\x7e]+$/.test(head),
  },
];

/** Tells what a file is that is neither a pickle, nor an archive of torch.save, nor safetensors. */
export function foreignFile(bytes: Uint8Array): ForeignFile | undefined {
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString("latin1");
  return KINDS.find((kind) => kind.is(head, bytes));
}

function isTar(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(257, 262)).toString("latin1") === "ustar";
}
