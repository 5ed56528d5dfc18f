import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("EMAIL", {
  MAILBOX_OFFLINE: { message: "The mailbox is not connected (%s). The letter is fetched when it is", status: 503 },
  NOT_ACCEPTED: { message: "The mail server took none of the recipients", status: 502 },
});
