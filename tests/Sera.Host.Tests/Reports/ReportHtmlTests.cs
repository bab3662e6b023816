using System.Text.RegularExpressions;
using System.Xml.Linq;
using Sera.Host.Reports;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Xunit;

namespace Sera.Host.Tests.Reports;

public sealed class ReportHtmlTests
{
    private static readonly string Page = ReportHtml.Page(SampleRun.Data);

    [Fact]
    public void The_page_asks_for_nothing_outside_itself()
    {
        Assert.DoesNotMatch(@"<script|<link|<img|<iframe|<object|@import|\bsrc\s*=|\bhref\s*=|url\(|https?:", Page);
        Assert.Contains("default-src 'none'", Page);
    }

    [Fact]
    public void Every_element_is_closed_in_order()
    {
        var open = new Stack<string>();
        foreach (Match tag in Regex.Matches(Page, @"<(/?)([a-z][a-z0-9]*)\b[^>]*?(/?)>", RegexOptions.IgnoreCase))
        {
            var name = tag.Groups[2].Value;
            if (tag.Groups[1].Value == "/")
            {
                Assert.Equal(open.Pop(), name);
            }
            else if (tag.Groups[3].Value != "/" && name != "meta")
            {
                open.Push(name);
            }
        }
        Assert.Empty(open);
    }

    [Fact]
    public void Every_picture_is_xml_with_numbers_for_coordinates()
    {
        var pictures = Pictures(Page);
        // Evaluation and five curves; two later rounds of two sources with three pictures each.
        Assert.Equal(6 + 2 * 2 * 3, pictures.Count);
        foreach (var attribute in pictures.SelectMany(p => p.DescendantsAndSelf()).Attributes())
        {
            Assert.DoesNotContain("NaN", attribute.Value);
            Assert.DoesNotContain("∞", attribute.Value);
            Assert.True(attribute.Name.LocalName is not ("width" or "height") || double.Parse(attribute.Value) >= 0);
        }
        Assert.All(pictures, p => Assert.True(p.Descendants().Any(e => e.Name.LocalName is "polyline" or "rect"), p.ToString()));
    }

    [Fact]
    public void Every_round_is_there_with_its_policy_and_answers()
    {
        foreach (var round in SampleRun.Summary.Rounds)
        {
            Assert.Contains($"<td>{round.PolicySha256[..12]}</td>", Page);
        }
        foreach (var heading in new[] { "Round 2: Offline pairs", "Round 3: Offline pairs", "Round 2: The policy&#39;s own answers" })
        {
            Assert.Contains($"<h3>{heading}</h3>", Page);
        }
        // Three prompts are shown, answered by four policies; of e0..e2, round t answers t right, at most three.
        Assert.Equal(3, Regex.Count(Page, "<div class=\"prompt\">"));
        Assert.Equal(0 + 1 + 2 + 3, Regex.Count(Page, "✓|&#10003;"));
        Assert.Equal(12 - 6, Regex.Count(Page, "✗|&#10007;"));
    }

    [Fact]
    public void Filters_audit_and_correlations_are_told_in_figures()
    {
        Assert.Contains("<td>below-k: not among the largest margins</td>", Page);
        Assert.Contains("flipped among those kept", Page);
        Assert.Contains("<td>20.0 %</td>", Page);
        Assert.Contains("learning rate 5e-5", Page);
        Assert.Matches(@"Correlation of margin and length difference: 0\.\d{3} before selection, -?0\.\d{3} after", Page);
        Assert.Contains("3 too-long", Page);
        Assert.Contains("46.0 % before, 76.0 % after round 3", Page);
    }

    [Fact]
    public void A_calibration_is_told_by_round_where_there_was_one()
    {
        var (summary, options) = (SampleRun.Summary, SampleRun.Options);
        var rounds = summary.Rounds.Select(r => r.Round < 2 ? r : r with { Calibration = new CalibrationReport("lowess", 0.25, 800, 19, -1.5) });
        var page = ReportHtml.Page(SampleRun.Data with
        {
            Summary = summary with { Rounds = [.. rounds] },
            Options = options with { Bootstrap = options.Bootstrap with { Calibration = new CalibrationOptions("lowess", 0.25, 1) } },
        });
        Assert.Equal(2, Regex.Count(page, @"<td>lowess</td>\s*<td>0\.250</td>\s*<td>800</td>\s*<td>19\.00</td>\s*<td>-1\.500</td>"));
        Assert.Contains("<dd>lowess of reward on characters, fraction 0.25, weight 1</dd>", page);
        Assert.DoesNotContain("Length taken out of the rewards", Page);
        Assert.DoesNotContain("calibration", Page);
    }

    [Fact]
    public void Text_from_outside_cannot_become_markup()
    {
        const string evil = "</title></style><script>alert(1)</script>\" onload='x' \0\u001b[31m \ud800 &amp;";
        var data = SampleRun.Data;
        var answers = data.Rounds[0] with { Answers = [new AnswerRow(evil, evil, evil, false)] };
        var hostile = ReportHtml.Page(data with
        {
            Summary = data.Summary with
            {
                RunId = evil,
                Fingerprint = evil,
                FinalPolicyPath = evil,
                Rounds = [.. data.Summary.Rounds.Select(r => r with { PolicySha256 = evil, Filtered = r.Filtered?.Add(evil, 1) })],
            },
            Facts = [new ReportFact(evil, evil)],
            Rounds = data.Rounds.SetItem(0, answers),
        });
        Assert.DoesNotContain("<script", hostile);
        Assert.DoesNotContain("onload='x'", hostile);
        Assert.DoesNotContain('\0', hostile);
        Assert.DoesNotContain('\u001b', hostile);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", hostile);
        Assert.Contains("&amp;amp;", hostile);
        Assert.DoesNotContain("</title></style>", hostile);
    }

    [Fact]
    public void A_run_that_has_only_begun_has_a_page_too()
    {
        var data = SampleRun.Data;
        var begun = ReportHtml.Page(data with
        {
            Summary = data.Summary with { Rounds = [data.Summary.Rounds[0]], FinalPolicySha256 = null, FinalPolicyPath = null, EvalKind = null },
            Rounds = [new ReportRound(0, [], [], [])],
        });
        Assert.Contains("The run has not ended yet.", begun);
        Assert.All(Pictures(begun), p => Assert.NotEmpty(p.Elements()));
    }

    [Fact]
    public void Numbers_that_are_not_finite_do_not_break_a_picture()
    {
        var data = SampleRun.Data;
        var round = data.Rounds[2];
        var broken = round with
        {
            Steps = [.. round.Steps.Select(s => s with { Loss = double.NaN, Margin = double.PositiveInfinity, NonFinite = ["p1"] })],
            Margins = [.. round.Margins.Select(m => m with { Margin = double.NegativeInfinity })],
        };
        var page = ReportHtml.Page(data with { Rounds = [broken] });
        Assert.Contains("25 times the loss of a pair was not a finite number", page);
        Assert.DoesNotContain("NaN", page);
        Assert.NotEmpty(Pictures(page));
    }

    [Fact]
    public void The_same_run_gives_the_same_bytes() => Assert.Equal(ReportHtml.Write(SampleRun.Data), ReportHtml.Write(SampleRun.Data));

    private static List<XElement> Pictures(string page) =>
        [.. Regex.Matches(page, "<svg .*?</svg>", RegexOptions.Singleline).Select(m => XElement.Parse(m.Value))];
}
