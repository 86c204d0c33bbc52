// The look of a report: for light and dark, for phones, desktops and paper. Colours are those of the pictures.
import { type ThemeName, themeOf } from '../draw/theme.js'

function variables(name: ThemeName): string {
  const { page, panel, ink, muted, grid, axis, colors } = themeOf('report', name)
  return `--page:${page};--panel:${panel};--ink:${ink};--muted:${muted};--grid:${grid};--axis:${axis};--blue:${colors.blue};--orange:${colors.orange}`
}

/** The style sheet. */
export function styleSheet(): string {
  return `:root{color-scheme:light dark;${variables('light')}}
.light-only{display:block}
.dark-only{display:none}
@media (prefers-color-scheme:dark){:root{${variables('dark')}}.light-only{display:none}.dark-only{display:block}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 Inter,'Segoe UI','Helvetica Neue',Arial,'DejaVu Sans',sans-serif}
main,header,footer{max-width:1080px;margin:0 auto;padding:0 20px}
header{padding-top:36px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:20px;margin:44px 0 14px;padding-top:8px}
h3{font-size:15px;font-weight:600;margin:28px 0 8px}
figure h3{margin-top:0}
p{margin:0 0 12px;max-width:70ch;overflow-wrap:anywhere}
.muted,figcaption,caption,footer{color:var(--muted)}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:18px 0 0;padding:0}
a{color:var(--blue);text-underline-offset:3px}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--blue);outline-offset:3px;border-radius:4px}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(148px,1fr));gap:12px;margin:20px 0}
.tiles div{background:var(--panel);border:1px solid var(--grid);border-radius:12px;padding:14px 16px}
.tiles b{display:block;font-size:23px;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles span{color:var(--muted);font-size:13px}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:26px 24px;align-items:start}
figure{margin:0;min-width:0}
figure.wide{grid-column:1/-1;max-width:760px}
figure svg{width:100%;height:auto}
figure.wide svg{min-width:600px}
figcaption{font-size:13px;margin-top:6px;max-width:64ch}
details{margin-top:6px;font-size:13px}
summary{cursor:pointer;color:var(--blue)}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;margin:4px 0 8px}
caption{text-align:left;font-size:13px;padding-bottom:6px}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--grid);vertical-align:middle;white-space:nowrap}
thead th{color:var(--muted);font-weight:600;font-size:13px}
tbody th{font-weight:600;white-space:normal;overflow-wrap:anywhere;min-width:90px;max-width:min(40vw,320px)}
.number{text-align:right}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:0 32px;margin:0}
dl div{display:flex;justify-content:space-between;gap:16px;border-bottom:1px solid var(--grid);padding:6px 0}
dt{color:var(--muted)}
dd{margin:0;text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
ul.notes{margin:14px 0;padding:0;list-style:none}
ul.notes li{border-left:3px solid var(--orange);padding:4px 0 4px 12px;margin:0 0 8px;max-width:80ch;overflow-wrap:anywhere}
pre{background:var(--panel);border:1px solid var(--grid);border-radius:12px;padding:14px 16px;overflow-x:auto;font:13px/1.5 'DejaVu Sans Mono',Menlo,Consolas,monospace;margin:14px 0}
.spark{display:block;fill:var(--blue)}
footer{padding-top:28px;padding-bottom:40px;font-size:13px}
@media (max-width:600px){main,header,footer{padding-left:16px;padding-right:16px}h1{font-size:23px}h2{margin-top:34px}.tiles{grid-template-columns:1fr 1fr;gap:10px}.tiles b{font-size:20px}}
@media print{:root{color-scheme:light;${variables('light')};--page:#fff}.dark-only{display:none}.light-only{display:block}nav{display:none}body{font-size:12px}h2{break-after:avoid}figure,tr,.tiles div{break-inside:avoid}.scroll{overflow:visible}a{color:inherit}}`
}
