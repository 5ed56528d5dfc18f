import { library } from "../../tsup.base.js";

export default library({ index: "src/index.ts", contract: "src/contract.ts", "fax-part": "src/worker/fax-part.ts", "page-worker": "src/worker/page-worker.ts" });
