// Without the theme's web fonts: the readers' own, which have Chinese, are better and nothing is loaded.
import theme from "vitepress/theme-without-fonts";
import "./style.css";

export default theme;
