import { library } from "../../tsup.base.js";

export default library({ index: "src/index.ts", contract: "src/contract.ts", virtual: "src/virtual/index.ts", "line-worker": "src/worker/main.ts" });
