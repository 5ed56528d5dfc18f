import { application } from "../../tsup.base.js";

export default application({ main: "src/main.ts", cli: "src/cli.ts" });
