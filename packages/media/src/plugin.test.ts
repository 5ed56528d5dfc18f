import { describe, expect, test } from "vitest";
import { mediaConfig } from "./config.js";
import { media } from "./plugin.js";

describe("media()", () => {
  test("ports are a range with room for a pair", () => {
    expect(mediaConfig.parse({})).toMatchObject({ rtpPorts: { min: 10_000, max: 19_999 }, keepAliveSilence: true });
    expect(mediaConfig.parse({ rtpPorts: "30000-30001" }).rtpPorts).toEqual({ min: 30_000, max: 30_001 });
    for (const rtpPorts of ["30001-30002", "100-200", "30000", "40000-30000", "60000-70000", "a-b"]) expect(mediaConfig.safeParse({ rtpPorts }).success).toBe(false);
    expect(mediaConfig.safeParse({ rtpPorts: "40000-30000" }).error?.issues[0]?.message).toBe("the lower port first");
    expect(mediaConfig.safeParse({ jitterMinMs: 300, jitterMaxMs: 100 }).error?.issues).toMatchObject([{ path: ["jitterMaxMs"], message: "must not be below jitterMinMs" }]);
    expect(mediaConfig.safeParse({ jitterMinMs: 100, jitterMaxMs: 100 }).success).toBe(true);
    expect(mediaConfig.safeParse({ rtpPort: "30000-30001" }).success).toBe(false);
    expect(mediaConfig.safeParse({ workers: 0 }).success).toBe(false);
  });

  test("it is a critical plugin that offers MEDIA", () => {
    expect(media({ workers: 2 }).definition).toMatchObject({ name: "media", critical: true });
    expect(media.definition.provides).toHaveLength(1);
  });
});
