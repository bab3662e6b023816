using System.Text.Json;
using CsCheck;
using Sera.Model.Tokenization.Chat;
using Xunit;

namespace Sera.Model.Tests.Tokenization.Chat;

/// <summary>What holds for every text and every template.</summary>
public sealed class TemplatePropertyTests
{
    private static readonly string[] Letters = ["a", "b", "ab", " ", "\n", "\"", "é", "\x1c", "😀"];

    private static readonly Gen<string> Texts = Gen.Int[0, Letters.Length - 1].Array[0, 20].Select(picks => string.Concat(picks.Select(pick => Letters[pick])));

    private static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "if", "endif", "for", "in", "endfor", "set", "=", "x", "y", "1", "'a'", "(", ")", "[", "]", "{", "}", ":", ",", ".",
        "|", "upper", "is", "not", "defined", "else", "macro", "endmacro", "~", "*", "range(3)", "loop", "raw", "endraw", "\\", "'", "\"", "x.y", "namespace()", "break",
    ];

    [Fact]
    public void Text_without_tags_stays_as_it_is_but_for_a_last_line_break() =>
        Texts.Sample(text => Rendered.Text(text) == (text.EndsWith('\n') ? text[..^1] : text));

    [Fact]
    public void A_variable_prints_as_it_is_whatever_is_in_it() =>
        Texts.Sample(text => Rendered.Text("{{ x }}", ("x", new TextValue("{{ y }}" + text))) == "{{ y }}" + text);

    [Fact]
    public void Slices_of_a_text_are_those_of_its_code_points() =>
        Gen.Select(Texts, Gen.Int[-25, 25], Gen.Int[-25, 25], Gen.Int[1, 3]).Sample((text, start, stop, step) =>
        {
            var all = text.EnumerateRunes().Select(rune => rune.ToString()).ToList();
            int Place(int bound) => Math.Clamp(bound < 0 ? bound + all.Count : bound, 0, all.Count);
            var expected = string.Concat(Enumerable.Range(0, all.Count).Where(i => i >= Place(start) && i < Place(stop) && (i - Place(start)) % step == 0).Select(i => all[i]));
            return Rendered.Text("{{ x[a:b:c] }}", ("x", new TextValue(text)), ("a", new IntValue(start)), ("b", new IntValue(stop)), ("c", new IntValue(step))) == expected
                && Rendered.Text("{{ x[::-1] }}", ("x", new TextValue(text))) == string.Concat(Enumerable.Reverse(all))
                && Rendered.Text("{{ x | length }}", ("x", new TextValue(text))) == all.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        });

    [Fact]
    public void Joining_what_was_split_gives_the_text_back() =>
        Gen.Select(Texts, Gen.Int[0, 4].Select(pick => Letters[pick])).Sample((text, by) =>
            Rendered.Text("{{ x.split(s) | join(s) }}{{ x.rsplit(s, 2) | join(s) }}", ("x", new TextValue(text)), ("s", new TextValue(by))) == text + text);

    [Fact]
    public void Json_that_is_written_reads_back() =>
        Gen.Select(Texts, Gen.Long, Gen.Double.Where(double.IsFinite)).Sample((text, whole, number) =>
        {
            var json = Rendered.Text("{{ [x, n, f, {x: none}] | tojson }}", ("x", new TextValue(text)), ("n", new IntValue(whole)), ("f", new FloatValue(number)));
            using var read = JsonDocument.Parse(json);
            var items = read.RootElement;
            return items[0].GetString() == text && items[1].GetInt64() == whole && items[2].GetDouble() == number && items[3].GetProperty(text).ValueKind == JsonValueKind.Null;
        });

    [Fact]
    public void Whatever_stands_in_a_template_either_prints_or_is_refused() =>
        Gen.Int[0, Pieces.Length - 1].Array[0, 25].Sample(picks =>
        {
            try
            {
                Rendered.Text(string.Concat(picks.Select(pick => Pieces[pick])));
            }
            catch (TemplateException)
            {
            }
        }, iter: 3000);
}
