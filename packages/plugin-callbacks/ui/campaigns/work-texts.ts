import { defineTexts } from "@hotlinejs/plugin-console/sdk";

export const workTexts = defineTexts({
  zh: {
    campaign: "外呼任务",
    refuse: "不再拨打",
    refuseTitle: (who: string) => `以后不再拨打 ${who}`,
    refuseEffect: "号码加入勿扰名单，所有外呼任务都不再拨打。这次通话不受影响。",
    keep: "继续拨打",
    refused: "已记下：不再拨打",
    noScript: "这个任务没有话术。",
  },
  en: {
    campaign: "Campaign",
    refuse: "Never again",
    refuseTitle: (who: string) => `Never call ${who} again`,
    refuseEffect: "The number goes onto the do-not-call list of all campaigns. This talk goes on.",
    keep: "Go on calling",
    refused: "Noted: never again",
    noScript: "This campaign has no script.",
  },
});
