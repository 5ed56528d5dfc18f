import { z } from "zod";

/** What a form of the site posts: names with text, repeated names with a list. */
export const formBody = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
