import { defineTexts } from "@hotlinejs/plugin-console/sdk";

export const texts = defineTexts({
  zh: {
    recording: "录音中",
    notRecorded: "未录音",
    player: (length: string) => `录音 ${length}`,
    capturing: "通话进行中，录音还没有结束。",
    failed: "这次录音没有成功。",
    mayNot: "你没有听录音的权限，可向班长申请。",
    confidential: "保密工单的录音，只有举报受理专员可以听。",
    part: "续录（前段因磁盘已满中断）",
    truncated: "录音不完整",
    speed: "倍速",
    left: "左 来电人，右 坐席",
    what: "录音",
  },
  en: {
    recording: "Recording",
    notRecorded: "Not recorded",
    player: (length: string) => `Recording ${length}`,
    capturing: "The call goes on; its recording is not finished.",
    failed: "This recording failed.",
    mayNot: "You may not listen; ask your supervisor.",
    confidential: "Recording of a confidential ticket.",
    part: "continued (the disk was full before)",
    truncated: "Incomplete",
    speed: "Speed",
    left: "left caller, right agent",
    what: "the recording",
  },
});
