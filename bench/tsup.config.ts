import { application } from "../tsup.base.js";

export default application({ main: "src/main.ts", subject: "src/subject.ts" });
