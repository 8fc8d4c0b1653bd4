import assert from "node:assert/strict";
import { Graph } from "#lib/engine/graph/graph.ts";
import { marker, measuredStep } from "#lib/engine/profile/primitives.ts";
import { profileRows } from "#lib/engine/profile/profile.ts";

/** As oneDNN 3.7 wrote them. */
const FLOAT32 = [
  "onednn_verbose,v1,info,oneDNN v3.7.3 (commit N/A)",
  "onednn_verbose,v1,primitive,exec,cpu,convolution,brg_conv_fwd:avx512_core,forward_training,src:f32::blocked:acdb::f0 wei:f32:a:blocked:Acdb64a::f0 bia:undef::undef::: dst:f32::blocked:acdb::f0,attr-scratchpad:user,alg:convolution_direct,mb8_ic3oc64_ih230oh112kh7sh2dh0ph0_iw230ow112kw7sw2dw0pw0,13.9712",
  "onednn_verbose,v1,primitive,exec,cpu,convolution,brg_conv_bwd:avx512_core+brg_conv_fwd:avx512_core,backward_data,src:f32::blocked:acdb::f0 wei:f32:a:blocked:Bcda32b::f0 bia:undef::undef::: dst:f32::blocked:acdb::f0,,alg:convolution_direct,mb8_ic512oc512_ih7oh7kh3sh1dh0ph1_iw7ow7kw3sw1dw0pw1,23.0642",
  "onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx512_core,backward_weights,src:f32::blocked:acdb::f0 wei:f32:a:blocked:ABcd16b16a::f0 bia:undef::undef::: dst:f32::blocked:acdb::f0,,alg:convolution_direct,mb8_ic512oc512_ih7oh7kh3sh1dh0ph1_iw7ow7kw3sw1dw0pw1,28.0261",
  "onednn_verbose,v1,primitive,exec,cpu,batch_normalization,bnorm_tbb_jit:avx512_core,forward_training,data:f32::blocked:acdb::f0,,flags:CHR,mb8ic64ih112iw112,212.305",
  "onednn_verbose,v1,primitive,exec,cpu,batch_normalization,bnorm_tbb_jit:avx512_core,backward,data:f32::blocked:acdb::f0 diff:f32::blocked:acdb::f0,,flags:CH,mb8ic512ih7iw7,0.349854",
  "onednn_verbose,v1,primitive,exec,cpu,pooling,jit:avx512_core,backward_data,src:f32::blocked:acdb::f0 dst:f32::blocked:acdb::f0 ws:u8::blocked:acdb::f0,,alg:pooling_max,mb8ic64_ih114oh56kh3sh2dh0ph0_iw114ow56kw3sw2dw0pw0,4.38379",
  "onednn_verbose,v1,primitive,exec,cpu,inner_product,x64:gemm:jit,forward_training,src:f32::blocked:ab::f0 wei:f32::blocked:ba::f0 bia:f32:a:blocked:a::f0 dst:f32::blocked:ab::f0,attr-scratchpad:user,,mb8ic512oc1000,0.366943",
  "onednn_verbose,v1,primitive,exec,cpu,gemm_api,,undef,src_f32::blocked:ba:f0 wei_f32::blocked:ab:f0 dst_f32::blocked:ab:f0,,,512x8:8x1000,0.290039",
  "onednn_verbose,v1,primitive,exec,cpu,reorder,jit:uni,undef,src:f32::blocked:cdba::f0 dst:f32::blocked:Acdb64a::f0,,,64x3x7x7,0.0969238",
];
const BFLOAT16 =
  "onednn_verbose,v1,primitive,exec,cpu,convolution,jit_bf16:avx512_core,forward_training,src:bf16::blocked:acdb::f0 wei:bf16:a:blocked:ABcd8b16a2b::f0 bia:undef::undef::: dst:bf16::blocked:acdb::f0,attr-scratchpad:user,alg:convolution_direct,mb4_ic128oc128_ih28oh28kh3sh1dh0ph1_iw28ow28kw3sw1dw0pw1,50.071";

const STEP = [...FLOAT32, marker("gradients", 320), marker("update", 40)];

describe("what oneDNN says of steps", () => {
  const measured = measuredStep([
    ...FLOAT32,
    marker("gradients", 900),
    marker("update", 100),
    marker("warm-up", 0),
    ...FLOAT32,
    ...FLOAT32,
    marker("gradients", 640),
    marker("update", 50),
    ...FLOAT32,
    marker("gradients", 320),
    FLOAT32[1] ?? "",
    marker("update", 40),
    BFLOAT16,
    marker("float32", 150.5),
    BFLOAT16,
    marker("bfloat16", 80),
    marker("float32", 120),
  ]);

  it("is taken together by type of layer, without the warm-up, the update and what follows", () => {
    const rounded = [...measured.byType].map(([type, { count, ms }]) => [type, count, Number(ms.toFixed(2))]);
    assert.deepEqual(rounded, [
      ["conv forward", 1, 13.97],
      ["conv gradient of input", 1, 23.06],
      ["conv gradient of filter", 1, 28.03],
      ["batch norm forward", 1, 212.31],
      ["batch norm backward", 1, 0.35],
      ["pooling", 1, 4.38],
      ["matmul", 2, 0.66],
      ["reorder", 1, 0.1],
    ]);
  });

  it("comes with the times of the fastest step and the rates of the machine", () => {
    const { steps, gradientsMs, updateMs, rates, precision } = measured;
    assert.deepEqual([steps, gradientsMs, updateMs, precision], [2, 320, 40, "float32"]);
    assert.deepEqual(rates, { float32: 150.5, bfloat16: 80 });
  });

  it("tells in which precision the step computed", () => {
    assert.equal(measuredStep([BFLOAT16, marker("gradients", 1), marker("update", 1)]).precision, "bfloat16");
  });
});

describe("the profile of a step", () => {
  it("has time, work and memory of each type; what oneDNN has not timed is another's", () => {
    const graph = new Graph();
    const [x, w] = [
      ["x", [1, 4, 4, 8]],
      ["w", [1, 1, 8, 2]],
    ].map(([name, shape]) => {
      const outputs = [{ type: "float32", shape: shape as number[] }] as const;
      return graph.add({ op: "Placeholder", name: name as string, outputs })[0];
    });
    assert.ok(x && w);
    const y = graph.one("Conv2D", [x, w], { type: "float32", shape: [1, 4, 4, 2] });
    const rows = profileRows(measuredStep(STEP), graph, [graph.one("Relu", [y], y)]);
    const row = (wanted: string) => rows.find(({ type }) => type === wanted);
    const forward = { type: "conv forward", count: 1, ms: 13.9712, flops: 2 * 32 * 8, bytes: 128 };
    assert.deepEqual(row("conv forward"), forward);
    assert.equal(row("elementwise")?.bytes, 128);
    assert.equal(row("variables, inputs")?.bytes, 4 * (128 + 16));
    assert.equal(row("update")?.ms, 40);
    const all = rows.reduce((sum, { ms }) => sum + ms, 0);
    assert.equal(Math.round(all), 320 + 40);
  });
});
