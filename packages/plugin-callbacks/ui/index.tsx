import "./campaigns/campaigns.css";
import { lazy } from "react";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { CallbackCount } from "./callback-count.js";
import { CampaignWork } from "./campaigns/campaign-work.js";

export const ui = defineConsoleUi(() => ({
  pages: {
    "/callbacks": lazy(() => import("./callbacks-page.js").then(({ CallbacksPage }) => ({ default: CallbacksPage }))),
    "/campaigns": lazy(() => import("./campaigns/campaigns-page.js").then(({ CampaignsPage }) => ({ default: CampaignsPage }))),
    "/campaigns/new": lazy(() => import("./campaigns/new-page.js").then(({ NewCampaignPage }) => ({ default: NewCampaignPage }))),
    "/campaigns/:id": lazy(() => import("./campaigns/campaign-page.js").then(({ CampaignPage }) => ({ default: CampaignPage }))),
    "/campaigns/:id/check": lazy(() => import("./campaigns/check-page.js").then(({ CheckPage }) => ({ default: CheckPage }))),
    "/do-not-call": lazy(() => import("./campaigns/do-not-call-page.js").then(({ DoNotCallPage }) => ({ default: DoNotCallPage }))),
  },
  menus: { "/callbacks": CallbackCount },
  panels: { "agent.work": { campaign: CampaignWork } },
}));
