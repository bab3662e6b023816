using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Sera.Host.Experiments;
using Sera.Host.Reports;
using Sera.Model.Data;
using Sera.Testing;
using Xunit;

namespace Sera.Host.Tests.Experiments;

public sealed class ExperimentTablesTests
{
    [Fact]
    public void Means_and_intervals_stand_in_columns_and_differences_below()
    {
        // plain: 0.60, 0.62, 0.64, standard error 0.02 / sqrt(3), t 4.3027: 4.97 points. The other: 0.70, 0.74, standard error 0.02, t 12.7062: 25.4 points.
        // Differences on seeds 1 and 2: 0.10, 0.12, mean 0.11, standard error 0.01: 12.7 points.
        Assert.Equal(
            [
                ["arm", "runs", "answers right", "held-out reward accuracy", "trained on", "loss"],
                ["plain", "3", "62.0 ± 5.0 %", "72.0 ± 5.0 %", "102 ± 2", "0.500 ± 0.000"],
                ["better | <new>", "2 of 3", "72.0 ± 25.4 %", "82.0 ± 25.4 %", "102 ± 6", "0.500 ± 0.000"],
            ],
            ExperimentTables.Figures(MadeResults.Two));
        Assert.Equal(
            [
                ["difference to plain", "seeds", "answers right", "held-out reward accuracy", "trained on", "loss"],
                ["better | <new>", "2", "+11.0 ± 12.7 points", "+11.0 ± 12.7 points", "0 ± 0", "0.000 ± 0.000"],
            ],
            ExperimentTables.Differences(MadeResults.Two)!);
    }

    [Fact]
    public void A_figure_that_a_run_lacks_is_a_dash()
    {
        var results = MadeResults.Of(null, ("a", [MadeResults.Run(1, 0.5, 0.6)]));
        var asked = new ExperimentResults(results.Experiment with { Figures = [ResultFigures.Find("margin")!, ResultFigures.Find("answers-right")!] }, results.Cells);
        Assert.Equal([["arm", "runs", "margin", "answers right"], ["a", "1", "–", "60.0 %"]], ExperimentTables.Figures(asked));
        Assert.Null(ExperimentTables.Differences(asked));
        Assert.DoesNotContain(results.Figures, figure => figure.Name == "margin");
    }

    [Fact]
    public void The_plain_table_lines_up()
    {
        var lines = ExperimentTables.Plain(MadeResults.Two).Split('\n');
        Assert.Equal("arm               runs  answers right  held-out reward accuracy  trained on           loss", lines[0]);
        Assert.Equal("plain                3   62.0 ± 5.0 %              72.0 ± 5.0 %     102 ± 2  0.500 ± 0.000", lines[1]);
        Assert.Equal("better | <new>  2 of 3  72.0 ± 25.4 %             82.0 ± 25.4 %     102 ± 6  0.500 ± 0.000", lines[2]);
        Assert.Equal("", lines[3]);
    }

    [Fact]
    public void Markdown_escapes_names_and_says_what_is_missing()
    {
        var text = ExperimentTables.Markdown(MadeResults.Two);
        Assert.StartsWith("| arm | runs | answers right | held-out reward accuracy | trained on | loss |\n|---|---:|---:|---:|---:|---:|\n| plain | 3 |", text);
        Assert.Contains("| better \\| &lt;new> | 2 of 3 | 72.0 ± 25.4 % |", text);
        Assert.Contains("\n\n| difference to plain | seeds |", text);
        Assert.Contains("Without runs that failed: better | <new>, seed 3.", text);
        Assert.EndsWith("cpu; `sera experiment hocon/made.conf`\n", text);
        var elsewhere = new ExperimentResults(MadeResults.Two.Experiment with { File = "/somewhere/made.conf" }, MadeResults.Two.Cells);
        Assert.DoesNotContain("somewhere", ExperimentTables.Markdown(elsewhere));
        Assert.Equal(["better | <new>, seed 3 failed with exit code 2: the disk is full"], ExperimentTables.Missing(MadeResults.Two));
    }

    [Fact]
    public void The_spreadsheet_has_every_round_and_the_last_once_more()
    {
        var lines = ExperimentCsv.Table(MadeResults.Two).Split('\n');
        Assert.Equal("arm,round,figure,unit,runs,mean,half-width,difference,difference-half-width", lines[0]);
        Assert.StartsWith("plain,0,answers-right,share,3,0.52,0.0496", lines[1]);
        Assert.Single(lines, line => line.StartsWith("plain,last,answers-right,share,3,0.62,", StringComparison.Ordinal));
        var compared = Assert.Single(lines, line => line.StartsWith("better | <new>,1,answers-right,", StringComparison.Ordinal)).Split(',');
        Assert.Equal(0.11, double.Parse(compared[7]), 12);
        Assert.Equal(0.127062, double.Parse(compared[8]), 6);
        var runs = ExperimentCsv.Runs(MadeResults.Of(null, ("a \"b\", c", [MadeResults.Run(1, 0.5, 0.625)]))).Split('\n');
        Assert.Equal("arm,seed,run,round,figure,unit,value", runs[0]);
        Assert.Contains("\"a \"\"b\"\", c\",1,run-1,1,answers-right,share,0.625", runs);
    }

    [Fact]
    public void The_json_has_means_differences_and_failures()
    {
        using var json = JsonDocument.Parse(ExperimentJson.Write(MadeResults.Two));
        var root = json.RootElement;
        Assert.Equal(["experiment", "seeds", "baseline", "figures", "arms", "failed"], root.EnumerateObject().Select(field => field.Name));
        var (plain, better) = (root.GetProperty("arms")[0], root.GetProperty("arms")[1]);
        Assert.Equal(0.62, plain.GetProperty("last").GetProperty("answers-right").GetProperty("mean").GetDouble(), 12);
        Assert.False(plain.TryGetProperty("difference", out _));
        Assert.Equal(2, better.GetProperty("difference").GetProperty("answers-right").GetProperty("count").GetInt32());
        Assert.Equal(2, better.GetProperty("runs").GetArrayLength());
        Assert.Equal(2, better.GetProperty("rounds").GetArrayLength());
        Assert.Equal("the disk is full", root.GetProperty("failed")[0].GetProperty("reason").GetString());
        Assert.Equal("share", root.GetProperty("figures")[0].GetProperty("unit").GetString());
    }

    [Fact]
    public void The_report_draws_a_line_and_a_band_for_every_arm()
    {
        var page = ExperimentHtml.Page(MadeResults.Two);
        Assert.DoesNotMatch(@"<script|<link|<img|\bsrc\s*=|\bhref\s*=|url\(|https?:", page);
        Assert.Contains("<td>better | &lt;new&gt;</td>", page);
        var pictures = Regex.Matches(page, "<svg .*?</svg>", RegexOptions.Singleline).Select(match => XElement.Parse(match.Value)).ToList();
        // Answers right and held-out accuracy have a value before and after; what a round trained on has one round only.
        Assert.Equal(["answers right", "held-out reward accuracy"], pictures.Select(picture => picture.Attribute("aria-label")!.Value));
        Assert.All(pictures, picture => Assert.Equal((2, 2), (picture.Elements("polyline").Count(), picture.Elements("polygon").Count())));
        Assert.DoesNotContain("NaN", page);
    }

    [Fact]
    public void A_page_keeps_what_stands_around_the_marks()
    {
        using var folder = new TemporaryFolder();
        var page = folder.File("page.md", "before\n<!-- measured: experiment made -->\nold\n<!-- end -->\nafter\n");
        MarkedPage.Write(page, [("experiment made", "new\n")]);
        Assert.Equal("before\n<!-- measured: experiment made -->\nnew\n<!-- end -->\nafter\n", File.ReadAllText(page));
        Assert.Contains("no place for experiment other", Assert.Throws<InputException>(() => MarkedPage.Require(page, "experiment other")).Message);
    }
}
