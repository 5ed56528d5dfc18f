import { application } from "../tsup.base.js";

export default application({ main: "src/main.ts", subject: "src/subject.ts", "acd-subject": "src/acd-subject.ts", "acd-peers": "src/acd-peers.ts", "acd-load-peers": "src/acd-load-peers.ts", "baseline-subject": "src/baseline-subject.ts", "baseline-driver": "src/baseline-driver.ts", "webrtc-driver": "src/webrtc-driver.ts" });
