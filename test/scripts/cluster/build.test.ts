import assert from "node:assert/strict";
import { moduleFile } from "../../../scripts/cluster/build.ts";
import { KUBERNETES } from "../../../scripts/cluster/tools.ts";

const STAGING_VERSION = KUBERNETES.version.replace("v1.", "v0.");

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
  it("requires the modules, and gives Kubernetes' staging modules the versions that they are published in", () => {
    const modules = [KUBERNETES, { name: "helm", path: "helm.sh/helm/v4", version: "v4.0.0" }];
    const expected = `module petage.dev/cluster
go 1.26.0
godebug default=go1.26
require k8s.io/kubernetes ${KUBERNETES.version}
require helm.sh/helm/v4 v4.0.0
replace k8s.io/api => k8s.io/api ${STAGING_VERSION}
replace k8s.io/component-base => k8s.io/component-base ${STAGING_VERSION}
replace k8s.io/kms => k8s.io/kms ${STAGING_VERSION}
`;
    assert.equal(moduleFile(modules, UPSTREAM), expected);
  });
});
