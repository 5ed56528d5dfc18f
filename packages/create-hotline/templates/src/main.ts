import { errorText, isHotlineError, runUntilSignal } from "@hotlinejs/core";
import { hotline } from "./hotline.js";

try {
  process.exitCode = await runUntilSignal(hotline({ environment: process.env }));
} catch (error) {
  process.stderr.write(isHotlineError(error) ? `${error.code}: ${error.message}\n` : `${errorText(error)}\n`);
  process.exitCode = 1;
}
