// In which file of the host which component of antd stands. The base comes with the first load of every
// page; what is large (Table alone is a third of the base) is fetched by the pages that use it.

const BASE = ["Alert", "App", "Avatar", "Badge", "Button", "Card", "Checkbox", "ConfigProvider", "Descriptions", "Divider", "Dropdown", "Empty", "Flex", "Form", "Input", "Popover", "Progress", "Radio", "Segmented", "Select", "Skeleton", "Space", "Spin", "Splitter", "Steps", "Switch", "Tabs", "Tag", "theme", "Timeline", "Tooltip", "Typography"];
const GROUPS = {
  "antd-table": ["Table", "Pagination"],
  "antd-date": ["DatePicker", "TimePicker", "Calendar"],
  "antd-overlay": ["Drawer", "Modal", "Popconfirm", "message", "notification"],
};

/** Group -> names of its exports; what nobody named is in `antd-rest`. `all` are the exports of antd. */
export function antdGroups(all) {
  const groups = { "antd-base": BASE, ...GROUPS };
  const named = new Set(Object.values(groups).flat());
  for (const name of named) if (!all.includes(name)) throw new Error(`antd has no export ${name}`);
  return { ...groups, "antd-rest": all.filter((name) => !named.has(name)) };
}
