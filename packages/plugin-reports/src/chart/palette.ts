/** Colours told apart also by colour-blind people, at least 3:1 on the ground. */
export interface Palette {
  readonly series: readonly string[];
  readonly other: string;
  readonly ink: string;
  readonly quiet: string;
  readonly rule: string;
  readonly ground: string;
}

export type ChartTheme = "light" | "dark";

export const PALETTES: Readonly<Record<ChartTheme, Palette>> = {
  light: { series: ["#1455B3", "#C55200", "#008C7A", "#830058", "#A7935A", "#34383B"], other: "#5F6A7D", ink: "#1A2230", quiet: "#586375", rule: "#DCE1E8", ground: "#FFFFFF" },
  dark: { series: ["#74A9FA", "#E78959", "#6EE2B5", "#B36C9E", "#FDE470", "#D9E4F8"], other: "#9BA6B6", ink: "#E4E9F1", quiet: "#9BA6B6", rule: "#2E3845", ground: "#181F29" },
};

/** In single quotes: it stands in attributes of the SVG, and ECharts does not escape it. */
export const FONT = "'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', 'WenQuanYi Micro Hei', sans-serif";
