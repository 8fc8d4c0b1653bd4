#!/bin/sh
# sharp 0.35.5, Node 20: a worker thread that is terminated while sharp decodes for it does not end until libvips has
# decoded the whole image. `worker.terminate()` is said to stop all JavaScript "as soon as possible", and it does, but the
# decoding is a task in libuv's pool, which the process shares and nobody can interrupt: the promise of `terminate()` is
# pending as long, and one of the pool's four threads stays busy. So giving a thread up frees its caller, but no core;
# only the end of a process does that.
#
# Seen: an AVIF of 4000 x 4000 pixels decodes in about 1 s; a worker terminated 50 ms after it began takes 0.9 s to end.
# Fails if the thread ends in less than half of the time that the rest of the decoding takes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5 >/dev/null
cat >try.cjs <<'JS'
const { Worker, isMainThread, parentPort } = require("node:worker_threads");
const sharp = require("sharp");

const decode = (image) => sharp(image).raw().toBuffer();
if (!isMainThread) {
  parentPort.on("message", (image) => void decode(Buffer.from(image)));
  parentPort.postMessage("ready");
} else {
  void (async () => {
    const create = { width: 4000, height: 4000, channels: 3, background: "grey", noise: { type: "gaussian", sigma: 30 } };
    const image = await sharp({ create }).avif({ effort: 0 }).toBuffer();
    const timed = async (work) => {
      const started = performance.now();
      await work();
      return Math.round(performance.now() - started);
    };
    const decodeMs = await timed(() => decode(image));
    const worker = new Worker(__filename);
    await new Promise((resolve) => worker.once("message", resolve));
    worker.postMessage(image);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const endMs = await timed(() => worker.terminate());
    console.log(`decoding takes ${decodeMs} ms; a worker terminated after 50 ms took ${endMs} ms to end`);
    process.exitCode = endMs > (decodeMs - 50) / 2 ? 0 : 1;
  })();
}
JS
node try.cjs
