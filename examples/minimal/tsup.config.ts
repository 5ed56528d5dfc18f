import { application } from "../../tsup.base.js";

export default application({ hotline: "src/hotline.ts" });
