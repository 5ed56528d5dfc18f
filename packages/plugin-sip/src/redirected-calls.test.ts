import { describe, expect, it } from "vitest";
import { begin, connected, hotline, oneCaller } from "../test/support/one-caller.js";

oneCaller();

describe("a caller who is sent elsewhere in the call", () => {
  it("is transferred by a REFER of ours and let go", async () => {
    await begin();
    const { call, session } = await connected();
    let target = "";
    session.handle({
      refer: (refer) => {
        target = refer.target;
        refer.accept();
        void refer.finish(200);
      },
    });
    await call.redirect("sip:1002");
    expect(target).toBe(`sip:1002@127.0.0.1:${hotline.port}`);
    expect(await call.ended).toMatchObject({ reason: "redirected", by: "local" });
  });

  it("is transferred too where the carrier takes the REFER and hangs up without another word", async () => {
    await begin();
    const { call, session } = await connected();
    session.handle({
      refer: (refer) => {
        refer.accept();
        void session.bye();
      },
    });
    await call.redirect("tel:10086");
    expect(await call.ended).toMatchObject({ reason: "redirected", by: "remote" });
  });

  it("writes a number as the carrier of the call wants it, at the carrier's own host", async () => {
    await begin({ trunks: [{ key: "carrier", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: 5099, rewrite: [{ of: "called", prefix: "0", strip: 1, prepend: "+86" }] } }] });
    const { call, session } = await connected();
    let target = "";
    session.handle({
      refer: (refer) => {
        target = refer.target;
        refer.respond({ status: 603 });
      },
    });
    await expect(call.redirect("tel:05718888000")).rejects.toMatchObject({ code: "HTL_SIP_REDIRECT_REFUSED" });
    expect(target).toBe("sip:+865718888000@127.0.0.1:5099");
    expect(call.state).toBe("answered");
    await session.bye();
    expect(await call.ended).toMatchObject({ reason: "remote-hangup" });
  });

  it("stays when the transfer fails", async () => {
    await begin();
    const { call, session } = await connected();
    session.handle({
      refer: (refer) => {
        refer.accept();
        void refer.finish(486);
      },
    });
    await expect(call.redirect("tel:10086")).rejects.toMatchObject({ code: "HTL_SIP_REDIRECT_REFUSED" });
    expect(call.state).toBe("answered");
    await call.hangup();
  });
});
