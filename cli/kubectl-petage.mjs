#!/usr/bin/env node
// `kubectl petage ...`, which is `petage job ...`: kubectl runs the program of this name that is on the PATH.
await import("./petage.mjs");
