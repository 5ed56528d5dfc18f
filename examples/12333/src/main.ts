import { errorText, isHotlineError, runUntilSignal, SETTINGS } from "@hotlinejs/core";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { SIP } from "@hotlinejs/plugin-sip/contract";
import { fromEnvironment } from "./from-environment.js";
import { readyLine } from "./ready-line.js";

async function main(): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const printError = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const hotline = fromEnvironment(process.env);
    return await runUntilSignal(hotline, {
      process,
      print,
      printError,
      ready: () => readyLine({ host: hotline.services.get(SETTINGS).host, sip: hotline.services.get(SIP).endpoints, http: hotline.services.get(HTTP_SERVER) }),
    });
  } catch (error) {
    printError(isHotlineError(error) ? `${error.code}: ${error.message}` : `The hotline could not start: ${errorText(error)}`);
    return 1;
  }
}

process.exitCode = await main();
