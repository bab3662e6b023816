namespace Sera.Host.Reports;

/// <summary>
/// The style of the report: a light and a dark palette, one column on a phone. Blue and orange stay apart for colour-blind eyes, and no
/// meaning hangs on colour alone.
/// </summary>
internal static class ReportStyle
{
    public const string Css = """
        :root {
          color-scheme:light dark; --paper:#fcfcfa; --ink:#1d2329; --soft:#5d6872; --line:#d9dde0; --card:#ffffff;
          --a:#0b62a8; --b:#c2570c; --pale:#c3d4e3; --good:#1a7f37; --bad:#b3261e
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper:#14181c; --ink:#e4e8eb; --soft:#9aa5ae; --line:#333b42; --card:#1b2126;
            --a:#6cb2ee; --b:#f0955a; --pale:#3a4c5c; --good:#5cc975; --bad:#ff8a80
          }
        }
        * { box-sizing:border-box }
        body { margin:0; background:var(--paper); color:var(--ink); font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif }
        main { max-width:1160px; margin:0 auto; padding:24px 16px 64px }
        h1 { font-size:1.7rem; line-height:1.25; margin:0 0 4px; overflow-wrap:anywhere }
        h2 { font-size:1.25rem; margin:44px 0 4px; padding-top:12px; border-top:1px solid var(--line) }
        h3 { font-size:1rem; margin:24px 0 4px }
        p { margin:4px 0 12px; max-width:70ch }
        .note { color:var(--soft) }
        .lead { font-size:1.15rem }
        .scroll { overflow-x:auto; -webkit-overflow-scrolling:touch }
        table { border-collapse:collapse; font-size:.9rem; font-variant-numeric:tabular-nums; margin:8px 0 12px }
        th,td { padding:5px 10px; text-align:right; border-bottom:1px solid var(--line); white-space:nowrap }
        th { font-weight:600; color:var(--soft); vertical-align:bottom; white-space:normal }
        th:first-child,td:first-child { text-align:left; padding-left:0; white-space:normal }
        dl { display:grid; grid-template-columns:max-content 1fr; gap:2px 16px; font-size:.92rem; margin:16px 0 }
        dt { color:var(--soft) }
        dd { margin:0; overflow-wrap:anywhere }
        .charts { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr)); gap:16px; margin:12px 0 }
        figure { margin:0; padding:12px; background:var(--card); border:1px solid var(--line); border-radius:8px }
        figcaption { font-weight:600; font-size:.92rem; margin-bottom:6px }
        .legend { font-size:.85rem; color:var(--soft); margin:4px 0 0 }
        .swatch { display:inline-block; width:.8em; height:.8em; border-radius:2px; margin:0 .4em 0 .9em }
        .swatch:first-child { margin-left:0 }
        .swatch.a,.swatch.kept { background:var(--a) } .swatch.b { background:var(--b) } .swatch.all { background:var(--pale) }
        svg { width:100%; height:auto; display:block }
        svg text { font-size:12px; fill:var(--soft); font-family:inherit }
        .grid { stroke:var(--line) } .tick,.axis { stroke:var(--soft) }
        .mark { stroke:var(--soft); stroke-dasharray:3 4 } .zero { stroke:var(--ink) }
        .line { fill:none; stroke-width:1.8; stroke-linejoin:round } .line.a { stroke:var(--a) } .line.b { stroke:var(--b) }
        .dot.a,.bar.kept,.cell.a { fill:var(--a) } .bar.all { fill:var(--pale) } .cell.b { fill:var(--b) }
        .prompt { margin:20px 0; padding:12px; background:var(--card); border:1px solid var(--line); border-radius:8px }
        .answers { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(200px,100%),1fr)); gap:10px; margin-top:10px }
        .answer { border-left:4px solid var(--line); padding-left:10px; min-width:0 }
        .answer.right { border-color:var(--good) } .answer.wrong { border-color:var(--bad) }
        .who { font-size:.82rem; color:var(--soft) } .right .who b { color:var(--good) } .wrong .who b { color:var(--bad) }
        .quote { white-space:pre-wrap; overflow-wrap:anywhere }
        .prompt > .quote { font-weight:600 }
        @media (max-width:480px) { dl { grid-template-columns:1fr; gap:0 } dd { margin-bottom:6px } }
        @media print { .charts,figure,.prompt { break-inside:avoid } }
        """;
}
