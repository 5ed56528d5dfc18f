import { library } from "../../tsup.base.js";

export default library({ index: "src/index.ts", worker: "src/worker/main.ts", encoder: "src/encoder/main.ts", capture: "src/capture/index.ts", dsp: "src/dsp/index.ts" });
