// What our charts (static/console/chart-kinds.js) need of ECharts; `python -m zhiyin.frontend` makes
// one file of it, half as large as the whole. A new kind of chart adds its part here.
import { init, use } from 'echarts/core';
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendPlainComponent, TooltipComponent } from 'echarts/components';
import { LegacyGridContainLabel } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, CustomChart, LineChart, AriaComponent, GridComponent, LegendPlainComponent, TooltipComponent, LegacyGridContainLabel, SVGRenderer]);

export { init };
