import { library } from "../../tsup.base.js";

export default library({"index": "src/index.ts", "contract": "src/contract.ts", "audio-worker": "src/audio/audio-worker.ts"});
