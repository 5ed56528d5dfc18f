import type { BusinessOptions } from "@hotlinejs/plugin-business-systems";
import type { SocialInsuranceService } from "./social-insurance.js";

/** What citizens and agents can look up, and how it is asked for and said. */
export function lookups(insurance: Pick<SocialInsuranceService, "url" | "token">): BusinessOptions {
  return {
    systems: [{ key: "social-insurance", baseUrl: () => insurance.url, credential: { type: "bearer", token: insurance.token } }],
    kinds: [
      {
        key: "pension-account",
        name: "养老保险个人账户",
        nameEn: "Pension insurance account",
        system: "social-insurance",
        path: "/accounts/pension",
        idempotent: true,
        keys: [{ name: "idNumber", label: "身份证号码", labelEn: "Identity number", length: 18, pattern: "\\d{17}[\\dX]", starAs: "X", prompt: { text: "请输入十八位身份证号码，最后一位是字母X的请按星号键，以井号键结束。" } }],
        proof: { name: "pin", label: "查询密码", labelEn: "PIN", length: 6, pattern: "\\d{6}", prompt: { text: "请输入六位查询密码，以井号键结束。没有密码请按星号键，由人工核验后设置。" }, deskMayOmit: true },
        fields: [
          { name: "asOf", label: "截至", labelEn: "As of", type: "date" },
          { name: "months", label: "累计缴费月数", labelEn: "Months paid in", type: "number" },
          { name: "amount", label: "个人账户储存额", labelEn: "Balance", type: "money", from: "balance" },
          { name: "state", label: "参保状态", labelEn: "State", words: { active: "正常参保", paused: "暂停参保", flexible: "灵活就业参保", retired: "已领取待遇" }, wordsEn: { active: "Paying in", paused: "Paused", flexible: "Paying in as a freelancer", retired: "Receiving a pension" } },
        ],
        prompt: { text: "截至{{asOf|date}}，您的养老保险累计缴费{{months|number}}个月，个人账户储存额{{amount|money}}。" },
      },
    ],
  };
}
