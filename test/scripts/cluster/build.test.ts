import assert from "node:assert/strict";
import { moduleFile } from "../../../scripts/cluster/build.ts";
import type { GoModule } from "../../../scripts/cluster/tools.ts";

const UPSTREAM = `module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require github.com/a/b v1.2.3

replace (
	github.com/c/d => ../elsewhere
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/component-base => ./staging/src/k8s.io/component-base
)

replace k8s.io/kms => ./staging/src/k8s.io/kms
`;

describe("moduleFile()", () => {
  const cases: readonly (readonly [string, GoModule["build"], string])[] = [
    ["requires a module with the go version that it asks for", "require", ""],
    [
      "gives Kubernetes' staging modules the versions that they are published in",
      "staging",
      "replace k8s.io/api => k8s.io/api v0.37.2\n" +
        "replace k8s.io/component-base => k8s.io/component-base v0.37.2\n" +
        "replace k8s.io/kms => k8s.io/kms v0.37.2\n",
    ],
  ];
  for (const [behaviour, build, replacements] of cases) {
    it(behaviour, () => {
      const module = { name: "kubernetes", path: "k8s.io/kubernetes", version: "v1.37.2", build };
      const expected = `module petage.dev/cluster
go 1.26.0
godebug default=go1.26
require k8s.io/kubernetes v1.37.2
${replacements}`;
      assert.equal(moduleFile(module, UPSTREAM), expected);
    });
  }
});
