import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";

use([AriaComponent, BarChart, GridComponent, LabelLayout, LegendComponent, LineChart, PieChart, SVGRenderer, TitleComponent]);

export { init };
