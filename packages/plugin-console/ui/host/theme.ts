import { theme, type ThemeConfig } from "antd";

/** Base, hover, active, tint and edge of one family of colours. Pinned, because what antd derives falls below 4.5:1. */
type Family = readonly [base: string, hover: string, active: string, tint: string, edge: string];
type Pins = Record<"Primary" | "Success" | "Warning" | "Error", Family>;
type Algorithm = Extract<NonNullable<ThemeConfig["algorithm"]>, (...args: never[]) => unknown>;

const pin =
  (pins: Pins): Algorithm =>
  (_seed, map) => ({
    ...map!,
    ...Object.fromEntries(
      Object.entries({ ...pins, Info: pins.Primary, Link: pins.Primary }).flatMap(([name, [base, hover, active, tint, edge]]) =>
        (
          [
            ["", base],
            ["Hover", hover],
            ["Active", active],
            ["Bg", tint],
            ["BgHover", tint],
            ["Border", edge],
            ["BorderHover", base],
            ["Text", base],
            ["TextHover", hover],
            ["TextActive", active],
          ] as const
        ).map(([k, v]) => [`color${name}${k}`, v]),
      ),
    ),
  });
const lightPins: Pins = {
  Primary: ["#1455B3", "#0F4796", "#0B3776", "#E8F0FC", "#A9C6EE"],
  Success: ["#00705F", "#005C4E", "#00493E", "#E2F4F0", "#94D1C5"],
  Warning: ["#85511F", "#6D4218", "#573412", "#FFF3DC", "#EBC27A"],
  Error: ["#A40600", "#870500", "#6B0400", "#FDECEA", "#F1A9A4"],
};
const darkPins: Pins = {
  Primary: ["#74A9FA", "#93BDFC", "#5A93EA", "#17304F", "#2F5486"],
  Success: ["#9EEBC1", "#B8F2D2", "#7FDDAA", "#12322A", "#23604B"],
  Warning: ["#FED344", "#FFDF74", "#E6BB2C", "#382D10", "#6B571E"],
  Error: ["#FB7F72", "#FF9C92", "#EE6657", "#431F20", "#7E3A38"],
};
const base = {
  fontSize: 14,
  fontSizeSM: 13,
  lineHeight: 1.5714,
  borderRadius: 4,
  controlHeight: 30,
  controlHeightSM: 26,
  controlHeightLG: 36,
  lineWidthFocus: 2,
  motionDurationFast: "0.08s",
  motionDurationMid: "0.12s",
  motionDurationSlow: "0.16s",
  fontFamily: `"Segoe UI", Roboto, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei UI", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", system-ui, sans-serif`,
};
const components: ThemeConfig["components"] = {
  Table: { cellPaddingBlockSM: 5, cellPaddingInlineSM: 8, cellFontSizeSM: 14 },
  Form: { itemMarginBottom: 14, verticalLabelPadding: "0 0 4px" },
  Tabs: { horizontalItemPaddingSM: "6px 0", horizontalItemGutter: 20 },
  Menu: { itemHeight: 36, collapsedWidth: 56 },
  Layout: { headerHeight: 52 },
  Button: { paddingInlineSM: 8, fontWeight: 500 },
};
/** Text is at least 4.8:1 on its ground, edges of inputs 3.2:1, in both themes. */
export const light: ThemeConfig = {
  algorithm: [theme.defaultAlgorithm, pin(lightPins)],
  cssVar: { key: "hl" },
  hashed: false,
  components,
  token: {
    ...base,
    colorPrimary: "#1455B3",
    // The ring round what has the focus: 3:1 and more on every ground.
    colorPrimaryBorder: "#1455B3",
    colorLink: "#1455B3",
    colorTextLightSolid: "#FFFFFF",
    colorText: "#1A2230",
    colorTextSecondary: "#465164",
    colorTextTertiary: "#586375",
    colorTextDescription: "#586375",
    colorTextPlaceholder: "#5F6A7D",
    colorTextDisabled: "#8A94A6",
    colorIcon: "#586375",
    colorBgLayout: "#EEF1F5",
    colorBgContainer: "#FFFFFF",
    colorBgElevated: "#FFFFFF",
    colorBgSpotlight: "#1F2937",
    colorBorder: "#7C8798",
    colorBorderSecondary: "#DCE1E8",
    colorSplit: "#E3E7ED",
  },
};
export const dark: ThemeConfig = {
  ...light,
  algorithm: [theme.darkAlgorithm, pin(darkPins)],
  token: {
    ...base,
    colorPrimary: "#74A9FA",
    colorPrimaryBorder: "#74A9FA",
    colorLink: "#74A9FA",
    colorTextLightSolid: "#0E141C",
    colorText: "#E4E9F1",
    colorTextSecondary: "#B3BDCB",
    colorTextTertiary: "#9BA6B6",
    colorTextDescription: "#9BA6B6",
    colorTextPlaceholder: "#939EAE",
    colorTextDisabled: "#66717F",
    colorIcon: "#9BA6B6",
    colorBgLayout: "#10151C",
    colorBgContainer: "#181F29",
    colorBgElevated: "#212A36",
    colorBgSpotlight: "#D6DEE9",
    colorBorder: "#738095",
    colorBorderSecondary: "#2E3845",
    colorSplit: "#2A3340",
  },
};
