import type { Metrics, ServerCertificate } from "@hotlinejs/core";
import type { SipService, SipTrunkState } from "./contract.js";

/** Whether calls go over it, as far as is known: not disabled, registered where it registers, and answering where it is asked. */
function takesCalls({ disabled, state, up }: SipTrunkState): boolean {
  return disabled === null && state !== "failed" && state !== "removed" && up !== false;
}

/** What SIP can be measured by. */
export function registerSipMetrics(metrics: Metrics, sip: () => SipService, guesses: () => { readonly failures: number; readonly waits: number }, certificates: () => readonly ServerCertificate[]): void {
  const byTrunk = (value: (trunk: SipTrunkState) => number | null) => () => sip().trunks().flatMap((trunk) => (value(trunk) === null ? [] : [{ value: Number(value(trunk)), labels: { trunk: trunk.key } }]));
  metrics.gauge({ name: "hotline_sip_calls", help: "Live legs over SIP, answered or not." }, () => sip().stats().calls);
  metrics.gauge({ name: "hotline_sip_calls_setting_up", help: "Calls that came in and neither ring nor are answered yet, or wait for their media." }, () => sip().stats().settingUp);
  metrics.gauge({ name: "hotline_sip_registrations", help: "Registered phones." }, () => sip().stats().registrations);
  metrics.gauge({ name: "hotline_sip_phones_silent", help: "Registered phones that do not answer OPTIONS, and are not rung." }, () => sip().stats().silentPhones);
  metrics.counter({ name: "hotline_sip_keep_alives_total", help: "OPTIONS to registered phones, by whether they were answered.", labels: ["answered"] }, () => {
    const { asked, missed } = sip().stats().keepAlives;
    return [{ value: asked - missed, labels: { answered: "yes" } }, { value: missed, labels: { answered: "no" } }];
  });
  metrics.counter({ name: "hotline_sip_messages_total", help: "SIP messages, repetitions included.", labels: ["direction"] }, () => {
    const { received, sent } = sip().stats();
    return [{ value: received, labels: { direction: "received" } }, { value: sent, labels: { direction: "sent" } }];
  });
  metrics.counter({ name: "hotline_sip_messages_malformed_total", help: "Messages that could not be read." }, () => sip().stats().malformed);
  metrics.counter({ name: "hotline_sip_retransmissions_total", help: "Messages the hotline sent again for want of an answer." }, () => sip().stats().retransmissionsSent);
  metrics.gauge({ name: "hotline_sip_receive_lag_seconds", help: "How long datagrams wait before they are served." }, () => sip().stats().lagMs / 1_000);
  metrics.gauge({ name: "hotline_sip_server_transactions", help: "Server transactions that are kept now." }, () => sip().stats().serverTransactions);
  // Each thing turned away counts in one of these alone, so that their sum means something.
  metrics.counter({ name: "hotline_sip_turned_away_total", help: "Requests, calls and connections the edge did not serve, by why.", labels: ["reason"] }, () => {
    const { banned, denied, overloads, strangers, unread, shed, silent, limited, scanners, unknownAccounts } = sip().edge();
    const reasons = { banned, denied, overload: overloads - strangers, stranger: strangers, unread, shed, silent, limited, scanner: scanners, unknown_account: unknownAccounts };
    return Object.entries(reasons).map(([reason, value]) => ({ value, labels: { reason } }));
  });
  metrics.counter({ name: "hotline_sip_toll_refusals_total", help: "Calls out that the limits of what they may cost did not allow." }, () => sip().edge().toll);
  metrics.counter({ name: "hotline_sip_wrong_passwords_total", help: "Answers to challenges that were wrong." }, () => guesses().failures);
  metrics.counter({ name: "hotline_sip_auth_waits_total", help: "Times an account or an address had to wait after too many wrong passwords." }, () => guesses().waits);
  metrics.counter({ name: "hotline_sip_bans_total", help: "Bans made without a person." }, () => sip().edge().bans);
  metrics.gauge({ name: "hotline_sip_banned_addresses", help: "Addresses banned now." }, () => sip().bans().filter(({ proven }) => proven).length);
  metrics.counter({ name: "hotline_sip_suspects_total", help: "Addresses slowed down on a suspicion without proof." }, () => sip().edge().suspects);
  metrics.gauge({ name: "hotline_sip_certificate_expiry_time_seconds", help: "When the certificate in use runs out, seconds since 1970.", labels: ["name"] }, () => certificates().map(({ name, validTo }) => ({ value: validTo / 1_000, labels: { name } })));
  metrics.gauge({ name: "hotline_sip_trunk_up", help: "1 where calls go over the trunk as far as is known: not disabled, registered, answering OPTIONS where it is asked.", labels: ["trunk"] }, byTrunk((trunk) => (takesCalls(trunk) ? 1 : 0)));
  metrics.gauge({ name: "hotline_sip_trunk_channels", help: "Calls on the trunk now, in and out.", labels: ["trunk"] }, byTrunk((trunk) => trunk.channels));
  metrics.gauge({ name: "hotline_sip_trunk_channels_max", help: "Channels of the trunk, where there is a limit.", labels: ["trunk"] }, byTrunk((trunk) => trunk.maxChannels));
  metrics.counter({ name: "hotline_sip_trunk_calls_total", help: "Calls over the trunk, those that failed counted.", labels: ["trunk", "direction"] }, () =>
    sip().trunks().flatMap(({ key: trunk, inbound, outbound }) => [{ value: inbound.calls, labels: { trunk, direction: "inbound" } }, { value: outbound.calls, labels: { trunk, direction: "outbound" } }]));
}
