import { library } from "../../tsup.base.js";

export default library({ index: "src/index.ts", storage: "src/storage.ts", errors: "src/errors/define-errors.ts", "phone-numbers": "src/log/mask-phone.ts" });
