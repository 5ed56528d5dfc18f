import { library } from "../../tsup.base.js";

export default library({"index": "src/index.ts", "contract": "src/contract/index.ts"});
