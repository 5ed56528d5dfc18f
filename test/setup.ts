// The build puts each package's version in place of this name; tests read sources, so it is a global there.
Object.assign(globalThis, { __VERSION__: "0.1.0" });
